// The port of the peers as a stranger sees it: with openssl's command line, plain sockets and calls nobody registered.
#include <arpa/inet.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "daemon/transport/raw_stream.h"
#include "tests/unit/transport/ends.h"

namespace chancery::test {
namespace {

namespace fs = std::filesystem;

class PeerPort : public ::testing::Test {
 public:
  ~PeerPort() override { fs::remove_all(folder_); }

 protected:
  PeerPort() {
    std::string name = (fs::temp_directory_path() / "chancery-port-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "leaf.pem") << pair_.cn.tls.certificate_pem;
    std::ofstream(folder_ / "leaf.key") << as_text(pair_.cn.tls.key_pem->view());
  }

  // What a shell says, in the folder.
  std::string shell(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen(("cd " + folder_.string() + " && (" + command + ") 2>&1").c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    ::pclose(pipe);
    return out;
  }

  // What `openssl s_client` says about a handshake with our port, under the certificate in <name>.pem or none.
  std::string s_client(const std::string& options, const std::string& input = "true",
                       const std::string& name = "leaf") {
    const auto shown = name.empty() ? "" : " -cert " + name + ".pem -key " + name + ".key";
    return shell("(" + input + ") | timeout 10 openssl s_client -connect " + pair_.right->server->address() +
                 " -alpn h2" + shown + " " + options);
  }

  // Whoever is let in gets our settings of HTTP/2 first: a frame of type 4 on stream 0.
  bool lets_in(const std::string& name) {
    const auto said = s_client("-tls1_3 -quiet", "sleep 1", name);
    return said.find(std::string("\x04\0\0\0\0\0", 6)) != std::string::npos;
  }

  grpc::StatusCode call(const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                        const char* method) {
    const auto channel = grpc::CreateChannel(target, credentials);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto request = transport::to_buffer({});
    grpc::ByteBuffer response;
    const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::NORMAL_RPC, channel);
    return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
               channel.get(), rpc, &context, request, &response)
        .error_code();
  }
  grpc::StatusCode call_peer_port(const char* method) {
    return call("dns:///" + pair_.right->server->address(),
                transport::channel_credentials(pair_.cn.tls, [](const Digest&) { return true; }), method);
  }

  Pair pair_;
  fs::path folder_;
};

constexpr const char* kReflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr const char* kHealth = "/grpc.health.v1.Health/Check";

TEST_F(PeerPort, SpeaksTls13) { EXPECT_NE(s_client("-tls1_3").find("New, TLSv1.3"), std::string::npos); }

TEST_F(PeerPort, RefusesTls12) {
  const auto said = s_client("-tls1_2");
  EXPECT_NE(said.find("Cipher is (NONE)"), std::string::npos) << said;
  EXPECT_EQ(said.find("New, TLSv1.2"), std::string::npos) << said;
}

// Made with openssl, after the names in the one that is pinned: by itself, by another authority of the same name, run
// out, under a key for something else, and under the pinned one.
TEST_F(PeerPort, LetsNoCertificateInButThePinnedOne) {
  const std::string names = "-subj /CN=cn-example -addext subjectAltName=DNS:cn-example";
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
  shell("openssl req -x509 " + key + " -keyout itself.key -out itself.pem -days 30 " + names);
  shell("openssl req -x509 " + key + " -keyout anchor.key -out anchor.pem -days 30 -subj '/CN=XA anchor'");
  const auto issue = [&](const std::string& name, const std::string& issuer, const std::string& options) {
    shell("openssl req " + key + " -keyout " + name + ".key -out " + name + ".csr " + names);
    shell("openssl x509 -req -in " + name + ".csr -CA " + issuer + ".pem -CAkey " + issuer + ".key -CAcreateserial " +
          options + " -out " + name + ".pem");
  };
  issue("another", "anchor", "-days 30");
  issue("ended", "anchor", "-days -1");
  shell("printf 'extendedKeyUsage=emailProtection' > mail.ext");
  issue("mail", "anchor", "-days 30 -extfile mail.ext");
  issue("below", "leaf", "-days 30");
  EXPECT_TRUE(lets_in("leaf"));
  for (const auto* name : {"itself", "another", "ended", "mail", "below"}) {
    EXPECT_TRUE(fs::exists(folder_ / (std::string(name) + ".pem"))) << name;
    EXPECT_FALSE(lets_in(name)) << name;
  }
  EXPECT_FALSE(lets_in(""));
}

TEST_F(PeerPort, AnswersNeitherHealthNorReflection) {
  EXPECT_EQ(call_peer_port(kHealth), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(call_peer_port(kReflection), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(PeerPort, ServesOnAfterGarbageInsideTls) {
  for (int i = 0; i < 5; ++i) s_client("-tls1_3 -quiet", "head -c 20000 /dev/urandom");
  EXPECT_TRUE(pair_.dial().has_value());
}

int connect_to(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  return ::connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? descriptor : -1;
}

// Opens this many connections from another process, which has descriptors of its own, and holds them a second.
void burst(const std::string& address, int connections) {
  const auto child = ::fork();
  if (child == 0) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < connections; ++i) connect_to(address);
    ::sleep(1);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{}));
}

TEST_F(PeerPort, AcceptsAgainAfterABurstBeyondItsDescriptors) {
  const auto existing = pair_.dial();
  ASSERT_TRUE(existing.has_value());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{open_descriptors() + 30, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  burst(pair_.right->server->address(), 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE((*existing)->send(heartbeat(1))) << "an existing link does not notice";
  auto again = pair_.dial();
  while (!again.has_value() && std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) again = pair_.dial();
  EXPECT_TRUE(again.has_value());
}

TEST_F(PeerPort, TakesNoMoreFromOneSourceThanItsShare) {
  transport::ConnectionLimits limits;
  limits.total = 20;
  limits.per_source = 10;
  End narrow(make_party("kz-example"), pair_.trust, limits);
  std::vector<int> held;
  for (int i = 0; i < 30; ++i) held.push_back(connect_to(narrow.server->address()));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_LE(narrow.server->connections(), 10U);
  EXPECT_GT(narrow.server->connections(), 0U);
  for (const int descriptor : held) ::close(descriptor);
}

TEST_F(PeerPort, ForgetsConnectionsThatSayNothingAfterTenSeconds) {
  const int silent = connect_to(pair_.right->server->address());
  const auto start = std::chrono::steady_clock::now();
  char byte = 0;
  EXPECT_LE(::recv(silent, &byte, 1, 0), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(12));
  ::close(silent);
}

}  // namespace
}  // namespace chancery::test
