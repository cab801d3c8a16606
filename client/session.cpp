#include "client/session.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <istream>
#include <ostream>

#include "client/connection.h"
#include "client/message_text.h"
#include "crypto/clock.h"

namespace chancery::client {

namespace {

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string out;
  // Fails for no message of ours: they hold no Any and no invalid UTF-8 (checked when parsed).
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) return "null";
  return out;
}

std::string to_json(const std::vector<std::string>& texts) {
  google::protobuf::ListValue list;
  for (const auto& text : texts) list.add_values()->set_string_value(text);
  return to_json(list);
}

}  // namespace

Session::Session(Parsed parsed, Catalogue catalogue, std::string data, Context context, Format format, Streams streams,
                 std::string typed)
    : parsed_(std::move(parsed)),
      catalogue_(std::move(catalogue)),
      data_(std::move(data)),
      context_(std::move(context)),
      format_(format),
      streams_(streams),
      typed_(std::move(typed)) {}

Session::~Session() = default;

bool Session::may_ask() const { return streams_.interactive && !arguments().has("--no-input"); }

int Session::print(const std::string& text) {
  streams_.out << text;
  return kOk;
}

int Session::print_page(const std::string& text) { return print(folded(text, streams_.out_columns)); }

int Session::say(const std::string& key, const Params& params) { return print(text(key, params) + "\n"); }

void Session::note(const std::string& key, const Params& params) {
  auto line = text(key, params);
  if (!arguments().has("--quiet")) streams_.notes << line << "\n" << std::flush;
  warnings_.push_back(std::move(line));
}

void Session::show(const std::string& text) {
  if (!arguments().has("--quiet")) streams_.notes << folded(text, streams_.notes_columns) << std::flush;
}

bool Session::watched() const { return streams_.notes_columns > 0 && !arguments().has("--quiet"); }

void Session::progress(const std::string& text) { streams_.notes << text << std::flush; }

int Session::print_json(const std::string& schema, const google::protobuf::Message& data) {
  streams_.out << R"({"schema":"chancery.v1.)" << schema << R"(","generated":")" << to_string(SystemClock().now())
               << R"(","data":)" << to_json(data) << R"(,"warnings":)" << to_json(warnings_) << "}\n";
  return kOk;
}

bool Session::means_yes(const std::string& answer) {
  static const std::vector<std::string> kYes = {"y", "Y", "yes", "д", "Д", "да", "是"};
  const auto from = answer.find_first_not_of(" \t\r");
  const auto to = answer.find_last_not_of(" \t\r");
  if (from == std::string::npos) return false;
  const auto word = answer.substr(from, to - from + 1);
  return std::find(kYes.begin(), kYes.end(), word) != kYes.end();
}

bool Session::confirmed(const std::string& question) {
  streams_.notes << question << " " << std::flush;
  std::string answer;
  return std::getline(streams_.in, answer) && means_yes(answer);
}

Outcome<Context> Session::context() const {
  auto context = context_;
  if (context.name.empty()) {
    const auto contexts = TRY(Contexts::load(contexts_file()));
    const char* variable = std::getenv("CHANCERY_CONTEXT");
    context = TRY(contexts.choose(arguments().value_or("--context", variable == nullptr ? "" : variable)));
  }
  context.socket = arguments().value_or("--socket", context.socket);
  return context;
}

Outcome<Desk*> Session::desk() {
  if (desk_ == nullptr) {
    const auto& named = command().arguments;
    desk_ =
        TRY(Desk::connect(TRY(context()), timeout_seconds(),
                          {command().words(), named.empty() ? std::string() : arguments().value(named.front().name)}));
  }
  return desk_.get();
}

double Session::timeout_seconds() const {
  const auto text = arguments().value_or("--timeout", "30");
  const double value = std::strtod(text.c_str(), nullptr);
  return value > 0 ? value : 30;
}

void set_text(google::protobuf::Struct& object, const std::string& name, const std::string& value) {
  (*object.mutable_fields())[name].set_string_value(value);
}

void set_texts(google::protobuf::Struct& object, const std::string& name, const std::vector<std::string>& values) {
  auto& list = *(*object.mutable_fields())[name].mutable_list_value();
  for (const auto& value : values) list.add_values()->set_string_value(value);
}

}  // namespace chancery::client
