// Session: connecting, statements and COPY with deadlines; whose fault a failure is.
#include "runtime/connector/postgres/session.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace flow::postgres {

namespace {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ResultCloser>;

// The server is given this long before us to end a statement itself.
constexpr std::chrono::milliseconds kGrace{5000};
constexpr std::chrono::milliseconds kConnectTimeout{10000};

// libpq's messages end in a newline, and may have several lines.
std::string OneLine(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string line;
  for (char c : text) {
    if (c == '\n') {
      line += "; ";
    } else if (c != '\t' && c != '\r') {
      line += c;
    }
  }
  return line;
}

// Who has to act. What a retry may heal is external: lost connections, restarts, full disks, locks.
ErrorDomain DomainOf(const std::string& code) {
  const std::string kind = code.substr(0, 2);
  if (kind == "22" || kind == "23" || kind == "54" || kind == "P0") return ErrorDomain::kData;
  if (kind == "28" || kind == "3D" || kind == "3F" || kind == "42" || kind == "0A") {
    return ErrorDomain::kUser;
  }
  return ErrorDomain::kExternal;
}

std::string Field(const PGresult* result, int which) {
  const char* text = PQresultErrorField(result, which);
  return text == nullptr ? "" : text;
}

}  // namespace

Result<std::string> Session::Describe(const std::string& who, const std::string& url) {
  // libpq's own message may repeat the URL, which may hold a password.
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  if (options == nullptr) {
    return UserError(who + ": url is not a connection URL of PostgreSQL",
                     "it looks like postgres://user@host:5432/database");
  }
  std::string host = "localhost";
  std::string port = "5432";
  std::string database;
  for (const PQconninfoOption* o = options; o->keyword != nullptr; ++o) {
    if (o->val == nullptr || *o->val == '\0') continue;
    const std::string_view name = o->keyword;
    if (name == "host" || name == "hostaddr") host = o->val;
    if (name == "port") port = o->val;
    if (name == "dbname") database = o->val;
  }
  PQconninfoFree(options);
  return "PostgreSQL at " + host + ":" + port + (database.empty() ? "" : "/" + database);
}

Status Session::Connect(const std::string& url) {
  Close();
  failure_ = {};
  // What stands after dbname overrides what the URL says. A dead network is noticed by keepalives
  // on both sides; a silent one by the deadlines here.
  const std::string milliseconds = std::to_string(timeout_.count());
  const std::vector<std::pair<const char*, const char*>> settings = {
      {"dbname", url.c_str()},
      {"client_encoding", "UTF8"},
      {"fallback_application_name", "flowc"},
      {"keepalives", "1"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
  };
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : settings) {
    names.push_back(name);
    values.push_back(value);
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/1));
  if (connection_ == nullptr) return InternalError(who_ + ": out of memory");
  const Clock::time_point deadline = Clock::now() + kConnectTimeout;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  if (PQstatus(connection_.get()) == CONNECTION_BAD) state = PGRES_POLLING_FAILED;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (!Wait(state == PGRES_POLLING_WRITING, deadline)) {
      return Broken("connecting", "no answer within 10 s");
    }
    state = PQconnectPoll(connection_.get());
  }
  if (state == PGRES_POLLING_FAILED) {
    return Broken("connecting", OneLine(PQerrorMessage(connection_.get())));
  }
  PQsetnonblocking(connection_.get(), 1);
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  // A transaction that waits for us longer than this has lost us: its locks are given back.
  const Result<Answer> set = Run("setting up the session",
                                 "SET statement_timeout = " + milliseconds +
                                     "; SET idle_in_transaction_session_timeout = " + milliseconds +
                                     "; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET "
                                     "standard_conforming_strings = on");
  return set.ok() ? OkStatus() : Status(set.error());
}

bool Session::Wait(bool write, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry = {PQsocket(connection_.get()),
                    static_cast<short>(write ? POLLOUT | POLLIN : POLLIN), 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(left, 60000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // libpq will say what it is
  }
}

Error Session::Broken(const std::string& doing, const std::string& why) {
  failure_ = {"", why};
  connection_.reset();
  return ExternalError(who_ + ": " + doing + ": " + why);
}

Error Session::Failed(const std::string& doing, const PGresult* result) {
  failure_.code = Field(result, PG_DIAG_SQLSTATE);
  failure_.message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (failure_.code.empty()) {
    return Broken(doing, OneLine(PQresultErrorMessage(result)));
  }
  const std::string detail = Field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) failure_.message += " (" + detail + ")";
  failure_.message = OneLine(failure_.message);
  Error error{DomainOf(failure_.code), who_ + ": " + doing + ": " + failure_.message, ""};
  error.hint = Field(result, PG_DIAG_MESSAGE_HINT);
  return error;
}

Status Session::Flush(const std::string& doing, Clock::time_point deadline) {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return OkStatus();
    if (left < 0) return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
    if (!Wait(/*write=*/true, deadline)) return Broken(doing, "the server takes nothing");
    // It may wait for us to read.
    if (PQconsumeInput(connection_.get()) == 0) {
      return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
    }
  }
}

Result<Answer> Session::Collect(const std::string& doing, Clock::time_point deadline,
                                bool* copies) {
  Answer answer;
  std::optional<Error> error;
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      if (!Wait(/*write=*/false, deadline)) return Broken(doing, "the server does not answer");
      if (PQconsumeInput(connection_.get()) == 0) {
        return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
      }
    }
    const ResultPointer result(PQgetResult(connection_.get()));
    if (result == nullptr) break;
    switch (PQresultStatus(result.get())) {
      case PGRES_COPY_IN:
        if (copies == nullptr) return Broken(doing, "an unexpected COPY");
        *copies = true;
        return answer;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK: {
        answer = {};
        answer.affected = std::atoll(PQcmdTuples(result.get()));
        for (int row = 0; row < PQntuples(result.get()); ++row) {
          auto& cells = answer.rows.emplace_back();
          for (int c = 0; c < PQnfields(result.get()); ++c) {
            if (PQgetisnull(result.get(), row, c) != 0) {
              cells.emplace_back();
            } else {
              cells.emplace_back(PQgetvalue(result.get(), row, c));
            }
          }
        }
        break;
      }
      default:
        if (error.has_value()) break;
        error = Failed(doing, result.get());
        if (!connected()) return *error;
        break;
    }
  }
  if (error.has_value()) {
    // A server that goes down says why in the last result it sends.
    if (PQstatus(connection_.get()) == CONNECTION_BAD) connection_.reset();
    return *error;
  }
  return answer;
}

Result<Answer> Session::Run(const std::string& doing, const std::string& sql,
                            const std::vector<std::optional<std::string>>& parameters) {
  failure_ = {};
  if (!connected()) return ExternalError(who_ + ": " + doing + ": not connected");
  const Clock::time_point deadline = Clock::now() + timeout_ + kGrace;
  int sent = 0;
  if (parameters.empty()) {
    sent = PQsendQuery(connection_.get(), sql.c_str());
  } else {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& value : parameters) values.push_back(value ? value->c_str() : nullptr);
    sent = PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                             nullptr, values.data(), nullptr, nullptr, 0);
  }
  if (sent == 0) return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
  FLOW_RETURN_IF_ERROR(Flush(doing, deadline));
  return Collect(doing, deadline, nullptr);
}

Status Session::CopyIn(const std::string& doing, const std::string& sql,
                       const std::function<Status(std::string*)>& next) {
  failure_ = {};
  if (!connected()) return ExternalError(who_ + ": " + doing + ": not connected");
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
  }
  FLOW_RETURN_IF_ERROR(Flush(doing, Clock::now() + timeout_ + kGrace));
  bool copies = false;
  const Result<Answer> begun = Collect(doing, Clock::now() + timeout_ + kGrace, &copies);
  if (!begun.ok()) return begun.error();
  if (!copies) return Broken(doing, "no COPY began");
  std::string text;
  while (true) {
    text.clear();
    Status status = next(&text);
    if (!status.ok()) {
      // The caller's rows failed, not the server: the COPY is given up with the connection.
      connection_.reset();
      return status;
    }
    if (text.empty()) break;
    for (size_t at = 0; at < text.size();) {
      const size_t piece = std::min<size_t>(text.size() - at, 1 << 20);
      const int put = PQputCopyData(connection_.get(), text.data() + at, static_cast<int>(piece));
      if (put < 0) {
        // The server has refused the rows so far, and says why.
        const Result<Answer> why = Collect(doing, Clock::now() + timeout_ + kGrace, nullptr);
        if (!why.ok()) return why.error();
        return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
      }
      if (put > 0) at += piece;
      FLOW_RETURN_IF_ERROR(Flush(doing, Clock::now() + timeout_ + kGrace));
    }
  }
  const Clock::time_point deadline = Clock::now() + timeout_ + kGrace;
  int ended = 0;
  while ((ended = PQputCopyEnd(connection_.get(), nullptr)) == 0) {
    FLOW_RETURN_IF_ERROR(Flush(doing, deadline));
  }
  if (ended < 0) return Broken(doing, OneLine(PQerrorMessage(connection_.get())));
  FLOW_RETURN_IF_ERROR(Flush(doing, deadline));
  const Result<Answer> answer = Collect(doing, deadline, nullptr);
  return answer.ok() ? OkStatus() : Status(answer.error());
}

}  // namespace flow::postgres
