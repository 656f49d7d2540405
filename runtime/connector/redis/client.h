// One connection to a Redis server. No call blocks for longer than its timeout.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace flow::redis {

// redis://[[user]:password@]host[:port][/database]
struct Address {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  int database = 0;
  // For messages: without the password.
  std::string ToString() const;
};
Result<Address> ParseAddress(const std::string& who, const std::string& url);

// An answer: one text, or several; nothing is nil.
struct Answer {
  std::optional<std::string> text;  // also an integer's
  std::vector<std::optional<std::string>> texts;
};

class Client {
 public:
  // `who` begins messages: "sink x (REDIS)".
  Client(std::string who, std::chrono::milliseconds timeout)
      : who_(std::move(who)), timeout_(timeout) {}

  // Closes what is open and connects anew.
  Status Connect(const Address& address);
  void Close() { context_.reset(); }
  bool connected() const { return context_ != nullptr; }

  Result<Answer> Run(const std::string& doing, const std::vector<std::string_view>& command);
  // A Lua script: by its hash, or whole if the server does not know it.
  Result<Answer> RunScript(const std::string& doing, const std::string& script,
                           const std::vector<std::string>& keys,
                           const std::vector<std::string_view>& arguments);

 private:
  struct Closer {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  Error Broken(const std::string& doing, const std::string& why);

  const std::string who_;
  const std::chrono::milliseconds timeout_;
  std::unique_ptr<redisContext, Closer> context_;
  std::map<const void*, std::string> hashes_;  // of scripts, as this server gave them
};

}  // namespace flow::redis
