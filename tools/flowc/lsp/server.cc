// Server: the life of a connection, and the open files. Requests are in server_requests.cc.
#include "tools/flowc/lsp/server.h"

#include <variant>

#include "tools/flowc/lsp/convert.h"

namespace flowc::lsp {

namespace {

constexpr size_t kMostDiagnostics = 1000;  // more help nobody

// json["a"]["b"], if it is all there.
const Json* At(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* key : path) {
    if (!at->is_object()) return nullptr;
    auto found = at->find(key);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string TextAt(const Json& json, std::initializer_list<const char*> path) {
  const Json* found = At(json, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

Json ErrorJson(const RpcError& error) { return {{"code", error.code}, {"message", error.message}}; }

}  // namespace

int Server::Run() {
  while (state_ != State::kEnded) {
    // Diagnostics wait until the editor does: of ten quick changes the last one counts.
    if (queue_->empty()) PublishDue();
    Received received = queue_->Pop();
    switch (received.kind) {
      case Received::Kind::kEnd:
        return exit_code_;
      case Received::Kind::kNotJson:
      case Received::Kind::kTooLarge:
        send_({{"jsonrpc", "2.0"},
               {"id", nullptr},
               {"error", ErrorJson({kParseError, received.kind == Received::Kind::kNotJson
                                                     ? "this is not JSON"
                                                     : "this message is too large"})}});
        break;
      case Received::Kind::kMessage:
        if (received.message.is_array()) {
          for (const Json& one : received.message) Handle(one);
        } else {
          Handle(received.message);
        }
        break;
    }
  }
  return exit_code_;
}

void Server::Handle(const Json& message) {
  const Json* id = At(message, {"id"});
  const Json* method = At(message, {"method"});
  const bool valid_id = id == nullptr || id->is_string() || id->is_number_integer();
  if (!message.is_object() || !valid_id || (method != nullptr && !method->is_string())) {
    send_({{"jsonrpc", "2.0"},
           {"id", nullptr},
           {"error", ErrorJson({kInvalidRequest, "this is no request"})}});
    return;
  }
  if (method == nullptr) return;  // an answer to something that was never asked
  const Json* found = At(message, {"params"});
  const Json params = found != nullptr ? *found : Json::object();
  const std::string name = method->get<std::string>();
  if (id == nullptr) {
    Notification(name, params);
    return;
  }
  Answer answer = queue_->TakeCancelled(*id) ? Answer(RpcError{kRequestCancelled, "cancelled"})
                                             : Request(name, params);
  Json reply = {{"jsonrpc", "2.0"}, {"id", *id}};
  if (const RpcError* error = std::get_if<RpcError>(&answer)) {
    reply["error"] = ErrorJson(*error);
  } else {
    reply["result"] = std::move(std::get<Json>(answer));
  }
  send_(reply);
}

Json Server::Initialize(const Json& params) {
  if (const Json* given = At(params, {"initializationOptions", "variables"})) {
    if (given->is_object()) {
      for (const auto& [name, value] : given->items()) {
        if (value.is_string()) variables_[name] = value.get<std::string>();
      }
    }
  }
  Json capabilities = {
      {"positionEncoding", "utf-16"},
      {"textDocumentSync", {{"openClose", true}, {"change", 2}}},
      {"hoverProvider", true},
      {"completionProvider", {{"triggerCharacters", Json::array({".", "'", "("})}}},
      {"definitionProvider", true},
      {"referencesProvider", true},
      {"renameProvider", {{"prepareProvider", true}}},
      {"documentFormattingProvider", true},
      {"documentSymbolProvider", true},
  };
  return {{"capabilities", capabilities},
          {"serverInfo", {{"name", "flowc"}, {"version", libflow::Version()}}}};
}

Server::Answer Server::Request(const std::string& method, const Json& params) {
  if (method == "initialize") {
    if (state_ != State::kNew) return RpcError{kInvalidRequest, "initialized already"};
    state_ = State::kInitialized;
    return Initialize(params);
  }
  if (state_ == State::kNew) return RpcError{kServerNotInitialized, "not initialized yet"};
  if (state_ == State::kShutDown) return RpcError{kInvalidRequest, "shut down"};
  if (method == "shutdown") {
    state_ = State::kShutDown;
    return Json(nullptr);
  }
  static const std::set<std::string> at_place = {
      "textDocument/hover",      "textDocument/completion",    "textDocument/definition",
      "textDocument/references", "textDocument/prepareRename", "textDocument/rename"};
  static const std::set<std::string> of_document = {"textDocument/formatting",
                                                    "textDocument/documentSymbol"};
  const bool place = at_place.contains(method);
  if (!place && !of_document.contains(method)) {
    return RpcError{kMethodNotFound, "there is no method " + method.substr(0, 100)};
  }
  OpenDocument* document = Find(params);
  if (document == nullptr) return RpcError{kInvalidParams, "textDocument is not open"};
  if (!place) return OfDocument(method, *document);
  const Json* at = At(params, {"position"});
  const std::optional<Position> position = at != nullptr ? ReadPosition(*at) : std::nullopt;
  if (!position) return RpcError{kInvalidParams, "position is missing"};
  return AtPlace(method, params, *document, document->positions().ToByte(*position));
}

void Server::Notification(const std::string& method, const Json& params) {
  if (method == "exit") {
    exit_code_ = state_ == State::kShutDown ? 0 : 1;
    state_ = State::kEnded;
    return;
  }
  if (state_ != State::kInitialized) return;
  if (method == "textDocument/didOpen") Opened(params);
  if (method == "textDocument/didChange") Changed(params);
  if (method == "textDocument/didClose") Closed(params);
}

OpenDocument* Server::Find(const Json& params) {
  auto found = documents_.find(TextAt(params, {"textDocument", "uri"}));
  return found == documents_.end() ? nullptr : &found->second;
}

void Server::Opened(const Json& params) {
  const std::string uri = TextAt(params, {"textDocument", "uri"});
  const Json* text = At(params, {"textDocument", "text"});
  const Json* version = At(params, {"textDocument", "version"});
  if (uri.empty() || text == nullptr || !text->is_string()) return;
  const int64_t number =
      version != nullptr && version->is_number_integer() ? version->get<int64_t>() : 0;
  documents_.erase(uri);
  documents_.emplace(uri, OpenDocument(uri, text->get<std::string>(), number));
  due_.insert(uri);
}

void Server::Changed(const Json& params) {
  OpenDocument* document = Find(params);
  const Json* changes = At(params, {"contentChanges"});
  if (document == nullptr || changes == nullptr || !changes->is_array()) return;
  for (const Json& change : *changes) document->Change(change);
  const Json* version = At(params, {"textDocument", "version"});
  if (version != nullptr && version->is_number_integer()) {
    document->SetVersion(version->get<int64_t>());
  }
  due_.insert(document->uri());
}

void Server::Closed(const Json& params) {
  const std::string uri = TextAt(params, {"textDocument", "uri"});
  if (documents_.erase(uri) == 0) return;
  due_.erase(uri);
  send_({{"jsonrpc", "2.0"},
         {"method", "textDocument/publishDiagnostics"},
         {"params", {{"uri", uri}, {"diagnostics", Json::array()}}}});
}

void Server::Publish(OpenDocument& document) {
  Json diagnostics = Json::array();
  const TextPositions& positions = document.positions();
  for (const libflow::language::Problem& problem : document.analysed(variables_).Problems()) {
    if (diagnostics.size() == kMostDiagnostics) break;
    diagnostics.push_back(DiagnosticOf(positions, document.uri(), problem));
  }
  send_({{"jsonrpc", "2.0"},
         {"method", "textDocument/publishDiagnostics"},
         {"params",
          {{"uri", document.uri()},
           {"version", document.version()},
           {"diagnostics", std::move(diagnostics)}}}});
}

void Server::PublishDue() {
  while (!due_.empty() && queue_->empty()) {
    const std::string uri = *due_.begin();
    due_.erase(due_.begin());
    if (auto found = documents_.find(uri); found != documents_.end()) Publish(found->second);
  }
}

}  // namespace flowc::lsp
