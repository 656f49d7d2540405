// POST requests to one address, over a connection that is kept. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace flow::http {

// What a server said.
struct Answer {
  int64_t status = 0;       // 200, 404, ...
  int64_t retry_after = 0;  // s; 0: it did not say
  std::string location;     // of a redirection
  std::string body;         // its beginning
};

struct Settings {
  std::string who;  // "sink x (HTTP)"
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  // of every request
  std::string ca;  // a file of certificates to trust; empty: the system's
  int64_t timeout_ms = 60'000;
  std::function<bool()> interrupted;  // may be empty; true: give up soon
};

// The address without user, password and query, for messages; an error if it is none.
Result<std::string> DescribeUrl(const std::string& who, const std::string& url);
// Nothing that would end a header, or begin another.
Status CheckHeader(const std::string& who, const std::string& name, const std::string& value);

class Client {
 public:
  static Result<std::unique_ptr<Client>> Open(Settings settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // An answer, whatever it says; no answer is an external error, after which it is not known
  // whether the request was taken.
  Result<Answer> Post(const std::vector<std::pair<std::string, std::string>>& headers,
                      const std::string& body);
  const std::string& server() const { return server_; }

 private:
  Client(Settings settings, std::string server, void* easy)
      : settings_(std::move(settings)), server_(std::move(server)), easy_(easy) {}

  const Settings settings_;
  const std::string server_;
  void* easy_;  // CURL
};

}  // namespace flow::http
