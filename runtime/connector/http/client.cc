// http::Client: libcurl's easy interface behind results.
#include "runtime/connector/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string_view>

namespace flow::http {

namespace {

constexpr int64_t kConnectMs = 5'000;
constexpr size_t kBodyBytes = 4096;
constexpr std::string_view kOwnHeaders[] = {"idempotency-key", "content-type", "content-length",
                                            "transfer-encoding", "expect"};

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, FreeText> owned(text);
  return text;
}

size_t TakeBody(char* data, size_t size, size_t count, void* to) {
  auto* body = static_cast<std::string*>(to);
  body->append(data, std::min(size * count, kBodyBytes - std::min(kBodyBytes, body->size())));
  return size * count;
}

int CheckInterrupted(void* f, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(f))() ? 1 : 0;
}

// Headers of one request, in libcurl's form.
class HeaderList {
 public:
  ~HeaderList() { curl_slist_free_all(list_); }
  void Add(const std::string& name, const std::string& value) {
    // (A header without a value is written with a semicolon.)
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    list_ = curl_slist_append(list_, line.c_str());
  }
  void Leave(const std::string& name) { list_ = curl_slist_append(list_, (name + ":").c_str()); }
  curl_slist* list() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

Result<std::string> DescribeUrl(const std::string& who, const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  const std::string scheme = code == CURLUE_OK ? Part(parsed.get(), CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") {
    return UserError(who + ": its url is not one of HTTP" +
                         (code == CURLUE_OK ? "" : std::string(": ") + curl_url_strerror(code)),
                     "write it as https://host/path");
  }
  const std::string port = Part(parsed.get(), CURLUPART_PORT);
  return scheme + "://" + Part(parsed.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port) +
         Part(parsed.get(), CURLUPART_PATH);
}

Status CheckHeader(const std::string& who, const std::string& name, const std::string& value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenCharacter)) {
    return UserError(who + ": '" + name + "' can not be the name of a header");
  }
  if (std::find(std::begin(kOwnHeaders), std::end(kOwnHeaders), name) != std::end(kOwnHeaders)) {
    return UserError(who + ": the header " + name + " is set by the sink itself");
  }
  const bool bad = std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  if (bad) {
    return UserError(who + ": the header " + name + " has a character that can not stand in one",
                     "a line's end, for one");
  }
  return OkStatus();
}

Result<std::unique_ptr<Client>> Client::Open(Settings settings) {
  static std::once_flag once;
  static CURLcode global = CURLE_OK;
  std::call_once(once, [] { global = curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (global != CURLE_OK) return InternalError("libcurl does not start");
  FLOW_TRY(std::string server, DescribeUrl(settings.who, settings.url));
  for (const auto& [name, value] : settings.headers) {
    FLOW_RETURN_IF_ERROR(CheckHeader(settings.who, name, value));
  }
  CURL* easy = curl_easy_init();
  if (easy == nullptr) return InternalError("libcurl gives no handle");
  return std::unique_ptr<Client>(new Client(std::move(settings), std::move(server), easy));
}

Client::~Client() { curl_easy_cleanup(static_cast<CURL*>(easy_)); }

Result<Answer> Client::Post(const std::vector<std::pair<std::string, std::string>>& headers,
                            const std::string& body) {
  CURL* easy = static_cast<CURL*>(easy_);
  HeaderList list;
  for (const auto& [name, value] : settings_.headers) list.Add(name, value);
  for (const auto& [name, value] : headers) list.Add(name, value);
  list.Leave("Expect");  // a server that does not know it would cost a second
  Answer answer;
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, settings_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(kConnectMs, settings_.timeout_ms)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "flowc");
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.list());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  if (!settings_.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca.c_str());
  if (settings_.interrupted) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, CheckInterrupted);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &settings_.interrupted);
  }
  const CURLcode code = curl_easy_perform(easy);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return ExternalError(settings_.who + ": no answer from " + server_ + " before the run ended");
  }
  if (code != CURLE_OK) {
    return ExternalError(settings_.who + ": no answer from " + server_ + ": " +
                             (error[0] != '\0' ? error : curl_easy_strerror(code)),
                         "is the server up?");
  }
  long status = 0;
  curl_off_t retry_after = 0;
  char* location = nullptr;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
  answer.status = status;
  answer.retry_after = retry_after;
  if (location != nullptr) answer.location = location;
  return answer;
}

}  // namespace flow::http
