// What the process is to the system: signals, limits, what it leaves behind when it dies.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace chancery {

// Before any thread is started: no core dumps, not traceable, files for us alone, SIGPIPE and SIGXFSZ as error codes
// (a full disk is an answer of write(2)), the signals of `wait_for_signal` blocked, descriptors up to 4,096. TLS 1.3.
// gRPC and protobuf keep their own messages to themselves; GRPC_VERBOSITY asks for gRPC's.
void prepare_process();

enum class Wake { stop, reload, timeout };
// SIGTERM and SIGINT stop, SIGHUP reloads.
Wake wait_for_signal(std::chrono::milliseconds wait);
// Makes `wait_for_signal` return `stop`, from any thread.
void stop_process();

// Ends the process with this code after so long, after calling `say`, unless it ended before.
void end_process_after(std::chrono::milliseconds wait, int code, std::function<void()> say);

// How many connections the descriptors of this process allow.
std::size_t connection_limit();

}  // namespace chancery
