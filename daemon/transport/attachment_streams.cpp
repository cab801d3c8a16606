#include "daemon/transport/attachment_streams.h"

#include "daemon/wire/desk.h"

namespace chancery::transport {

namespace {

template <class Response, class Rpc>
Result<void> say(Response& response, Rpc& rpc) {
  if (!rpc.Write(response)) return fail(Errc::unavailable, "the caller is gone");
  return {};
}

template <class Response, class Rpc>
Result<void> say(const service::Refused& refused, Rpc& rpc) {
  Response response;
  wire::to_proto(refused.decision, refused.agreement, *response.mutable_refused());
  return say(response, rpc);
}

}  // namespace

Result<void> run_upload(service::AttachmentDesk& desk, const core::User& person, UploadRpc& rpc) {
  v1::UploadRequest request;
  if (!rpc.Read(&request) || !request.has_begin()) return fail(Errc::malformed, "begin: missing");
  const auto file = TRY(wire::to_upload(request.begin()));
  const auto begun = TRY(desk.begin(person, file));
  if (const auto* refused = std::get_if<service::Refused>(&begun)) return say<v1::UploadResponse>(*refused, rpc);
  auto& upload = *std::get<std::unique_ptr<service::Upload>>(begun);
  v1::UploadResponse response;
  response.set_from(upload.from());
  CHECK_OK(say(response, rpc));
  while (rpc.Read(&request)) {
    if (!request.has_bytes()) return fail(Errc::malformed, "bytes: missing");
    const auto taken = upload.take(as_bytes(request.bytes()));
    if (!taken.has_value() && taken.error().code == Errc::unavailable)
      return say<v1::UploadResponse>(service::refused(core::ReasonCode::disk_full, file.name), rpc);
    CHECK_OK(taken);
  }
  response.set_root(to_string(TRY(upload.finish())));
  return say(response, rpc);
}

Result<void> run_download(service::AttachmentDesk& desk, const core::User& person, const v1::DownloadRequest& request,
                          DownloadRpc& rpc) {
  if (request.message().empty() || request.message().size() > wire::kMaxName)
    return fail(Errc::malformed, "message: not a name of a message");
  const auto opened = TRY(desk.open(person, request.message(), request.number()));
  if (const auto* refused = std::get_if<service::Refused>(&opened)) return say<v1::DownloadResponse>(*refused, rpc);
  auto& download = *std::get<std::unique_ptr<service::Download>>(opened);
  v1::DownloadResponse response;
  wire::show(download.manifest(), *response.mutable_begin());
  CHECK_OK(say(response, rpc));
  while (const auto chunk = TRY(download.next())) {
    response.set_bytes(std::string(as_text(chunk->view())));
    CHECK_OK(say(response, rpc));
  }
  return {};
}

}  // namespace chancery::transport
