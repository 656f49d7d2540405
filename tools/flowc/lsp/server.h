// The language server: messages in, answers and diagnostics out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "tools/flowc/lsp/documents.h"
#include "tools/flowc/lsp/queue.h"
#include "tools/flowc/lsp/transport.h"

namespace flowc::lsp {

// An error of JSON-RPC: a code of the protocol, and why.
struct RpcError {
  int code = 0;
  std::string message;
};
inline constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601,
                     kInvalidParams = -32602, kServerNotInitialized = -32002,
                     kRequestCancelled = -32800, kRequestFailed = -32803;

class Server {
 public:
  Server(Queue* queue, std::function<void(const Json&)> send)
      : queue_(queue), send_(std::move(send)) {}
  // Until the client says exit or is gone; gives the exit code.
  int Run();

 private:
  using Answer = std::variant<Json, RpcError>;
  void Handle(const Json& message);
  Answer Request(const std::string& method, const Json& params);
  void Notification(const std::string& method, const Json& params);
  Json Initialize(const Json& params);
  void Opened(const Json& params);
  void Changed(const Json& params);
  void Closed(const Json& params);
  void Publish(OpenDocument& document);
  void PublishDue();
  // The open document of textDocument.uri.
  OpenDocument* Find(const Json& params);
  // server_requests.cc: of a document, at a place.
  Answer AtPlace(const std::string& method, const Json& params, OpenDocument& document,
                 uint32_t byte);
  Answer OfDocument(const std::string& method, OpenDocument& document);

  Queue* queue_;
  std::function<void(const Json&)> send_;
  enum class State { kNew, kInitialized, kShutDown, kEnded };
  State state_ = State::kNew;
  int exit_code_ = 1;
  std::map<std::string, std::string> variables_;
  std::map<std::string, OpenDocument> documents_;
  std::set<std::string> due_;  // changed since their diagnostics were published
};

}  // namespace flowc::lsp
