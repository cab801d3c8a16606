#include "daemon/transport/submit_stream.h"

#include <thread>

#include "daemon/transport/desk_handlers.h"

namespace chancery::transport {

Result<void> SubmitStream::run() {
  std::thread reader([this] { read_all(); });
  Result<void> written;
  while (const auto frame = pop()) {
    written = write(*frame);
    if (!written) break;
  }
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (!written) cancel_();
  reader.join();
  if (!written) return written;
  if (error_) return tl::unexpected(*error_);
  return {};
}

void SubmitStream::read_all() {
  v1::SubmitManyRequest request;
  while (rpc_.Read(&request)) {
    auto frame = post(request);
    if (!frame) return end(frame.error());
    if (!push(std::move(*frame))) return;
  }
  end(std::nullopt);
}

// All drafts of a frame are checked before one is posted.
Result<std::shared_ptr<SubmitStream::Frame>> SubmitStream::post(const v1::SubmitManyRequest& request) {
  const auto count = static_cast<std::size_t>(request.drafts_size());
  if (count > wire::kMaxSubmissions) return fail(Errc::malformed, "drafts: too many in one frame");
  std::vector<wire::Submission> submissions;
  submissions.reserve(count);
  for (const auto& draft : request.drafts()) submissions.push_back(TRY(wire::to_submission(draft)));
  auto frame = std::make_shared<Frame>(count);
  for (std::size_t i = 0; i < count; ++i)
    submit_.post(person_, std::move(submissions[i]), [frame, i](service::Outcome<wire::Accepted> outcome) {
      const std::lock_guard lock(frame->mutex);
      frame->answers[i] = std::move(outcome);
      if (--frame->waiting == 0) frame->complete.notify_one();
    });
  return frame;
}

bool SubmitStream::push(std::shared_ptr<Frame> frame) {
  std::unique_lock lock(mutex_);
  frames_.push_back(std::move(frame));
  changed_.notify_all();
  changed_.wait(lock, [this] { return frames_.size() < kFramesAhead || stopped_; });
  return !stopped_;
}

std::shared_ptr<SubmitStream::Frame> SubmitStream::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !frames_.empty() || ended_; });
  if (frames_.empty()) return nullptr;
  auto frame = std::move(frames_.front());
  frames_.pop_front();
  changed_.notify_all();
  return frame;
}

Result<void> SubmitStream::write(Frame& frame) {
  v1::SubmitManyResponse response;
  {
    std::unique_lock lock(frame.mutex);
    frame.complete.wait(lock, [&] { return frame.waiting == 0; });
    for (const auto& answer : frame.answers) CHECK_OK(fill(*answer, *response.add_outcomes()));
  }
  if (!rpc_.Write(response)) return fail(Errc::unavailable, "the caller is gone");
  return {};
}

void SubmitStream::end(const std::optional<Error>& error) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  error_ = error;
  changed_.notify_all();
}

}  // namespace chancery::transport
