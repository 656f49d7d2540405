// ParseAddress; Client: commands and scripts, and whose fault a failure is.
#include "runtime/connector/redis/client.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "runtime/abi/convert.h"

namespace flow::redis {

namespace {

struct ReplyCloser {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPointer = std::unique_ptr<redisReply, ReplyCloser>;

constexpr std::chrono::milliseconds kConnectTimeout{5000};

timeval ToTimeval(std::chrono::milliseconds time) {
  return {time.count() / 1000, time.count() % 1000 * 1000};
}

// %41 -> A
std::optional<std::string> PercentDecoded(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

bool ParseNumber(std::string_view text, int64_t most, int* out) {
  int64_t value = 0;
  if (text.find_first_not_of("0123456789") != std::string_view::npos ||
      flow_parse_bigint(text.data(), text.size(), &value) != kFlowValue || value > most) {
    return false;
  }
  *out = static_cast<int>(value);
  return true;
}

// Who has to act. What a retry may heal is external: loading, out of memory, a failed disk, a
// replica that is not yet the master.
Error Classified(const std::string& who, const std::string& doing, const std::string& message) {
  const std::string text = who + ": " + doing + ": " + message;
  const std::string code = message.substr(0, message.find(' '));
  if (code == "NOAUTH" || code == "WRONGPASS" || code == "NOPERM" || code == "WRONGTYPE" ||
      message.starts_with("ERR invalid password") || message.starts_with("ERR Client sent AUTH") ||
      message.starts_with("ERR AUTH") || message.starts_with("ERR DB index") ||
      message.starts_with("ERR unknown command")) {
    return UserError(text);
  }
  if (code == "MOVED" || code == "CROSSSLOT" || code == "ASK") {
    return UserError(text, "Redis Cluster is not supported: one script writes all keys of a sink");
  }
  return ExternalError(text);
}

// In this thread a broken connection is an error, not a signal, while this lives.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec at_once = {0, 0};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

std::optional<std::string> TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return std::string(reply.str, reply.len);
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string Address::ToString() const {
  return "Redis at " + host + ":" + std::to_string(port) + "/" + std::to_string(database);
}

Result<Address> ParseAddress(const std::string& who, const std::string& url) {
  // The URL may hold a password: no message repeats it.
  const Error bad = UserError(who + ": url is not the URL of a Redis server",
                              "it looks like redis://:password@host:6379/0");
  std::string_view rest = url;
  if (rest.starts_with("rediss://")) {
    return UserError(who + ": rediss:// (TLS) is not supported: hiredis is built without it here",
                     "a TLS proxy beside flowc, such as stunnel, makes it redis://localhost");
  }
  if (!rest.starts_with("redis://")) return bad;
  rest.remove_prefix(8);
  Address address;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    if (colon == std::string_view::npos) return bad;
    const auto user = PercentDecoded(login.substr(0, colon));
    const auto password = PercentDecoded(login.substr(colon + 1));
    if (!user.has_value() || !password.has_value()) return bad;
    address.user = *user;
    address.password = *password;
    rest.remove_prefix(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !ParseNumber(database, 1'000'000, &address.database)) return bad;
    rest = rest.substr(0, slash);
  }
  if (rest.starts_with('[')) {  // IPv6
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad;
    address.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    const size_t colon = std::min(rest.find(':'), rest.size());
    address.host = rest.substr(0, colon);
    rest.remove_prefix(colon);
  }
  if (!rest.empty() && (rest[0] != ':' || !ParseNumber(rest.substr(1), 65535, &address.port))) {
    return bad;
  }
  if (address.host.empty()) return bad;
  return address;
}

Error Client::Broken(const std::string& doing, const std::string& why) {
  context_.reset();
  return ExternalError(who_ + ": " + doing + ": " + why);
}

Status Client::Connect(const Address& address) {
  Close();
  hashes_.clear();
  context_.reset(
      redisConnectWithTimeout(address.host.c_str(), address.port, ToTimeval(kConnectTimeout)));
  if (context_ == nullptr) return InternalError(who_ + ": out of memory");
  if (context_->err != 0) return Broken("connecting", std::string(context_->errstr));
  redisEnableKeepAlive(context_.get());
  if (redisSetTimeout(context_.get(), ToTimeval(timeout_)) != REDIS_OK) {
    return Broken("connecting", std::string(context_->errstr));
  }
  if (!address.password.empty()) {
    std::vector<std::string_view> command = {"AUTH"};
    if (!address.user.empty()) command.push_back(address.user);
    command.push_back(address.password);
    const Result<Answer> done = Run("logging in", command);
    if (!done.ok()) return done.error();
  }
  const std::string database = std::to_string(address.database);
  const Result<Answer> done = Run("choosing the database", {"SELECT", database});
  return done.ok() ? OkStatus() : Status(done.error());
}

Result<Answer> Client::Run(const std::string& doing, const std::vector<std::string_view>& command) {
  if (!connected()) return ExternalError(who_ + ": " + doing + ": not connected");
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (std::string_view word : command) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  // hiredis writes to its socket without saying that there be no SIGPIPE.
  const WithoutSigpipe quiet;
  const ReplyPointer reply(static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(command.size()), data.data(), sizes.data())));
  if (reply == nullptr) {
    const bool late = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    return Broken(doing, late ? "the server does not answer" : std::string(context_->errstr));
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return Classified(who_, doing, TextOf(*reply).value_or(""));
  }
  Answer answer;
  answer.text = TextOf(*reply);
  for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; ++i) {
    answer.texts.push_back(TextOf(*reply->element[i]));
  }
  return answer;
}

Result<Answer> Client::RunScript(const std::string& doing, const std::string& script,
                                 const std::vector<std::string>& keys,
                                 const std::vector<std::string_view>& arguments) {
  std::string& hash = hashes_[&script];
  if (hash.empty()) {
    FLOW_TRY(const Answer loaded, Run(doing, {"SCRIPT", "LOAD", script}));
    hash = loaded.text.value_or("");
  }
  const std::string key_count = std::to_string(keys.size());
  std::vector<std::string_view> command = {"EVALSHA", hash, key_count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  Result<Answer> answer = Run(doing, command);
  // Somebody flushed the scripts.
  if (!answer.ok() && answer.error().message.find(": NOSCRIPT") != std::string::npos) {
    command[0] = "EVAL";
    command[1] = script;
    answer = Run(doing, command);
  }
  return answer;
}

}  // namespace flow::redis
