// Input and Send: Content-Length headers, and what to do with bytes that are none.
#include "tools/flowc/lsp/transport.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace flowc::lsp {

namespace {

constexpr size_t kMostBytes = 256u << 20;
constexpr size_t kLongestLine = 4096;
constexpr int kMostDepth = 200;

std::optional<size_t> ContentLength(std::string line) {
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string name = "content-length:";
  const size_t begin = line.find(name);
  // Behind bytes that are no header one may still begin.
  if (begin == std::string::npos) return std::nullopt;
  const size_t digits = line.find_first_not_of(" \t", begin + name.size());
  size_t value = 0;
  if (digits == std::string::npos) return std::nullopt;
  auto [end, error] = std::from_chars(line.data() + digits, line.data() + line.size(), value);
  return error == std::errc() && end > line.data() + digits ? std::optional(value) : std::nullopt;
}

}  // namespace

bool Input::Fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  char chunk[1 << 16];
  ssize_t count = 0;
  do {
    count = ::read(fd_, chunk, sizeof chunk);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  buffer_.append(chunk, static_cast<size_t>(count));
  return true;
}

std::optional<std::string> Input::Line() {
  while (true) {
    const size_t end = buffer_.find('\n', at_);
    const size_t size = (end == std::string::npos ? buffer_.size() : end) - at_;
    if (end != std::string::npos || size > kLongestLine) {
      std::string line = buffer_.substr(at_, size);
      at_ += size + (end == std::string::npos ? 0 : 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (!Fill()) return std::nullopt;
  }
}

std::optional<std::string> Input::Take(size_t size) {
  while (buffer_.size() - at_ < size) {
    if (!Fill()) return std::nullopt;
  }
  std::string taken = buffer_.substr(at_, size);
  at_ += size;
  return taken;
}

bool Input::Skip(size_t size) {
  while (size > 0) {
    const size_t here = std::min(size, buffer_.size() - at_);
    at_ += here;
    size -= here;
    if (size > 0 && !Fill()) return false;
  }
  return true;
}

Received Input::Next() {
  std::optional<size_t> size;
  while (true) {
    std::optional<std::string> line = Line();
    if (!line) return {};
    if (line->empty()) {
      if (size) break;
      continue;
    }
    if (auto length = ContentLength(*line)) size = length;
  }
  if (*size > kMostBytes) {
    if (!Skip(*size)) return {};
    return {Received::Kind::kTooLarge, {}};
  }
  std::optional<std::string> text = Take(*size);
  if (!text) return {};
  // The parser itself does not nest, but who destroys a value does: what is deeper is no message.
  bool deep = false;
  auto watch = [&](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kMostDepth;
    return !deep;
  };
  Json message = Json::parse(*text, watch, /*allow_exceptions=*/false);
  if (deep || message.is_discarded()) return {Received::Kind::kNotJson, {}};
  return {Received::Kind::kMessage, std::move(message)};
}

bool Send(int fd, const Json& message) {
  const std::string body = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string text = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace flowc::lsp
