// One connection to a PostgreSQL server. No call blocks past its deadline, whatever the server or
// the network does: everything goes through libpq's asynchronous half.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace flow::postgres {

// Why a statement failed.
struct Failure {
  std::string code;     // SQLSTATE; empty: the connection failed
  std::string message;  // the server's, with its detail
  // A row will never be accepted: classes 22 (data), 23 (constraints), 54 (limits, of an index).
  bool refuses_data() const {
    return code.starts_with("22") || code.starts_with("23") || code.starts_with("54");
  }
};

// Rows of a result as text.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

struct Answer {
  Rows rows;
  int64_t affected = 0;
};

class Session {
 public:
  using Duration = std::chrono::milliseconds;

  // `who` begins messages: "sink x (POSTGRES)". `timeout` is a statement's.
  Session(std::string who, Duration timeout) : who_(std::move(who)), timeout_(timeout) {}

  // The server and database, without a password, for messages; an error if `url` is no connection
  // URL (or key=value text).
  static Result<std::string> Describe(const std::string& who, const std::string& url);

  // Closes what is open and connects anew.
  Status Connect(const std::string& url);
  void Close() { connection_.reset(); }
  bool connected() const { return connection_ != nullptr; }
  int server_version() const { return PQserverVersion(connection_.get()); }

  // A statement with text parameters ($1 ...). On failure the error says what `doing` names, and
  // last_failure() says why. Without parameters several statements may stand in one text; the
  // answer is the last one's.
  Result<Answer> Run(const std::string& doing, const std::string& sql,
                     const std::vector<std::optional<std::string>>& parameters = {});
  // COPY ... FROM STDIN: `next` fills the given text (cleared before) with rows; nothing: the end.
  Status CopyIn(const std::string& doing, const std::string& sql,
                const std::function<Status(std::string*)>& next);

  // Why the last Run or CopyIn failed.
  const Failure& last_failure() const { return failure_; }

  // Longer statements (a resync) for the time being.
  void set_timeout(Duration timeout) { timeout_ = timeout; }
  Duration timeout() const { return timeout_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  // Until the socket can be read (or written); false at the deadline.
  bool Wait(bool write, Clock::time_point deadline);
  // Sends what is buffered.
  Status Flush(const std::string& doing, Clock::time_point deadline);
  // Reads all results of a statement; an error is the first one's.
  Result<Answer> Collect(const std::string& doing, Clock::time_point deadline, bool* copies);
  // The connection can no longer be trusted: it is closed.
  Error Broken(const std::string& doing, const std::string& why);
  Error Failed(const std::string& doing, const PGresult* result);

  const std::string who_;
  Duration timeout_;
  std::unique_ptr<PGconn, Closer> connection_;
  Failure failure_;
};

}  // namespace flow::postgres
