// Upload and Download, the streams of one attachment each. For desk_handlers.cpp.
#pragma once

#include "chancery/v1/desk.grpc.pb.h"
#include "daemon/service/attachment_desk.h"

namespace chancery::transport {

using UploadRpc = grpc::ServerReaderWriter<v1::UploadResponse, v1::UploadRequest>;
using DownloadRpc = grpc::ServerWriter<v1::DownloadResponse>;

// Until the caller has the root, or a refusal. What it sent stays for the next time, unless it is not what it
// announced.
Result<void> run_upload(service::AttachmentDesk& desk, const core::User& person, UploadRpc& rpc);
Result<void> run_download(service::AttachmentDesk& desk, const core::User& person, const v1::DownloadRequest& request,
                          DownloadRpc& rpc);

}  // namespace chancery::transport
