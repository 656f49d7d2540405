// JSON-RPC messages over file descriptors, framed as the base protocol of LSP says.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace flowc::lsp {

using Json = nlohmann::json;

struct Received {
  enum class Kind { kMessage, kNotJson, kTooLarge, kEnd };
  Kind kind = Kind::kEnd;
  Json message;
};

// One thread at a time.
class Input {
 public:
  explicit Input(int fd) : fd_(fd) {}
  // Blocks until there is a message. What is not one is skipped up to the next header.
  Received Next();

 private:
  bool Fill();                                   // false: the end
  std::optional<std::string> Line();             // without its end; nullopt: the end
  std::optional<std::string> Take(size_t size);  // nullopt: the end
  bool Skip(size_t size);

  int fd_;
  std::string buffer_;
  size_t at_ = 0;
};

// Writes a message with its header; false: nobody reads any more.
bool Send(int fd, const Json& message);

}  // namespace flowc::lsp
