// One run of one command: what was typed, in which language to answer, and where to.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <iosfwd>
#include <memory>

#include "client/arguments.h"
#include "client/catalogue.h"
#include "client/context.h"

namespace chancery::client {

class Desk;

enum class Format { table, json, id };

struct Streams {
  std::istream& in;
  std::ostream& out;            // the result
  std::ostream& notes;          // everything else
  bool interactive;             // somebody is there to be asked
  std::size_t out_columns = 0;  // of the terminal; 0: none
  std::size_t notes_columns = 0;
};

class Session {
 public:
  Session(Parsed parsed, Catalogue catalogue, std::string data, Context context, Format format, Streams streams,
          std::string typed);
  ~Session();

  [[nodiscard]] const Command& command() const { return *parsed_.command; }
  [[nodiscard]] const Arguments& arguments() const { return parsed_.arguments; }
  [[nodiscard]] const Catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] const std::string& data() const { return data_; }  // folder with agreements/, labels/, i18n/
  [[nodiscard]] Format format() const { return format_; }
  [[nodiscard]] bool json() const { return format_ == Format::json; }
  [[nodiscard]] const std::string& typed() const { return typed_; }  // the command line, for {command}
  // No questions: not a terminal, or --no-input.
  [[nodiscard]] bool may_ask() const;

  [[nodiscard]] std::string text(const std::string& key, const Params& params = {}) const {
    return catalogue_.text(key, params);
  }
  // Result lines, to stdout; the exit code is kOk. `say` fills a text of the catalogue.
  int print(const std::string& text);
  int say(const std::string& key, const Params& params = {});
  // A result that holds text of others, folded to the terminal.
  int print_page(const std::string& text);
  // Beside the result, to stderr; silent with -q, and kept as a warning of JSON output.
  void note(const std::string& key, const Params& params = {});
  // Text for the eye before a decision, to stderr, folded to the terminal; silent with -q.
  void show(const std::string& text);
  // Whether somebody sees what is written over and over in one line, and that.
  [[nodiscard]] bool watched() const;
  void progress(const std::string& text);
  // {"schema":"chancery.v1.<schema>","generated":...,"data":...,"warnings":[...]}, protobuf JSON inside.
  int print_json(const std::string& schema, const google::protobuf::Message& data);
  // Asks on the terminal; anything but yes is no.
  bool confirmed(const std::string& question);
  // One character of the answer decides: y, д, 是.
  static bool means_yes(const std::string& answer);

  // The daemon of the chosen context, connected at the first call.
  Outcome<Desk*> desk();
  // As chosen by -c, CHANCERY_CONTEXT or the file, with --socket over it.
  Outcome<Context> context() const;
  [[nodiscard]] double timeout_seconds() const;

 private:
  Parsed parsed_;
  Catalogue catalogue_;
  std::string data_;
  Context context_;  // no name: none was chosen
  Format format_;
  Streams streams_;
  std::string typed_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Desk> desk_;
};

// A JSON object for what is no message of the protocol.
void set_text(google::protobuf::Struct& object, const std::string& name, const std::string& value);
void set_texts(google::protobuf::Struct& object, const std::string& name, const std::vector<std::string>& values);

}  // namespace chancery::client
