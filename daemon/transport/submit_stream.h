// SubmitMany: frames of drafts in, frames of answers out, in order. While one frame waits for its commit the next ones
// are read and posted, so that their acts share signatures and syncs; at most kFramesAhead frames wait. For desk.cpp.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "chancery/v1/desk.grpc.pb.h"
#include "daemon/service/submit.h"

namespace chancery::transport {

inline constexpr std::size_t kFramesAhead = 8;

class SubmitStream {
 public:
  using Rpc = grpc::ServerReaderWriter<v1::SubmitManyResponse, v1::SubmitManyRequest>;

  SubmitStream(service::Submit& submit, const core::User& person, Rpc& rpc, std::function<void()> cancel)
      : submit_(submit), person_(person), rpc_(rpc), cancel_(std::move(cancel)) {}

  // Until the caller is done and has his answers, or the first error; what was posted before it happens all the same.
  // When an answer cannot be given (unavailable, busy) the call is cancelled, because the reading thread may wait for a
  // caller who waits for us; he sends again with the same keys.
  Result<void> run();

 private:
  // Answers of one frame as they come in. Shared with the writer's thread of the store, which may outlive the stream.
  struct Frame {
    explicit Frame(std::size_t count) : answers(count), waiting(count) {}
    std::mutex mutex;
    std::condition_variable complete;
    std::vector<std::optional<service::Outcome<wire::Accepted>>> answers;
    std::size_t waiting;
  };

  void read_all();
  Result<std::shared_ptr<Frame>> post(const v1::SubmitManyRequest& request);
  bool push(std::shared_ptr<Frame> frame);
  std::shared_ptr<Frame> pop();
  Result<void> write(Frame& frame);
  void end(const std::optional<Error>& error);

  service::Submit& submit_;
  const core::User& person_;
  Rpc& rpc_;
  std::function<void()> cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Frame>> frames_;  // guarded by mutex_
  bool ended_ = false;                         // nothing more will be read
  bool stopped_ = false;                       // nothing more will be written
  std::optional<Error> error_;                 // of reading
};

}  // namespace chancery::transport
