// Files in memory that know what is durable: contents since their file's last Sync and names since
// their folder's last SyncFolder are lost by a power cut. It also counts the steps that change
// something, and stops at one: from then on everything fails, as for a process that is dead.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/checkpoint/files.h"
#include "tests/generator/random.h"

namespace flow::testing {

class MemoryFiles : public Files {
 public:
  // Steps from now on until the process dies; negative: never. `torn`: a write at that step still
  // puts half of its bytes.
  void DieAfter(int64_t steps) {
    left_ = steps;
    dead_ = false;
  }
  bool dead() const { return dead_; }
  int64_t steps() const { return steps_; }
  // Called before each step with what it does and to what.
  std::function<void(const std::string& what, const std::string& path)> on_step;

  // Another process begins; what was written is there.
  void Restart() {
    dead_ = false;
    left_ = -1;
    locked_.clear();
  }
  // The machine restarts. Strict: only what was synced is there. Else each name and each content
  // that was not synced is there or not, by chance.
  void PowerCut(test::Random* chance = nullptr) {
    Cut(root_.get(), chance);
    Restart();
  }

  std::string Content(const std::string& path) {
    Node* node = Find(path);
    return node == nullptr ? "" : node->data;
  }
  // As a bad disk would: durable, whatever was there.
  void Damage(const std::string& path, const std::string& data) {
    Node* node = Find(path);
    node->data = node->synced = data;
  }
  std::vector<std::string> AllFiles(const std::string& folder) {
    std::vector<std::string> found;
    Walk(Find(folder), folder, &found);
    return found;
  }

  Result<std::unique_ptr<OutputFile>> Create(const std::string& path) override {
    FLOW_RETURN_IF_ERROR(Step("create", path));
    FLOW_TRY(Node * folder, Folder(path));
    std::shared_ptr<Node>& node = folder->names[Name(path)];
    if (node == nullptr) node = std::make_shared<Node>();
    node->data.clear();
    return std::unique_ptr<OutputFile>(new Output(this, path, node));
  }
  Result<std::unique_ptr<InputFile>> Open(const std::string& path) override {
    Node* node = Find(path);
    if (dead_ || node == nullptr) return Missing("read", path);
    return std::unique_ptr<InputFile>(new Input(node->data));
  }
  bool Exists(const std::string& path) override { return Find(path) != nullptr; }
  Result<int64_t> Size(const std::string& path) override {
    Node* node = Find(path);
    if (node == nullptr) return Missing("read", path);
    return static_cast<int64_t>(node->data.size());
  }
  Status MakeFolder(const std::string& path) override {
    if (Exists(path)) return OkStatus();
    if (FolderOf(path) != "/" && FolderOf(path) != ".") {
      FLOW_RETURN_IF_ERROR(MakeFolder(FolderOf(path)));
    }
    FLOW_RETURN_IF_ERROR(Step("make", path));
    FLOW_TRY(Node * folder, Folder(path));
    auto node = std::make_shared<Node>();
    node->folder = true;
    folder->names[Name(path)] = node;
    return OkStatus();
  }
  Result<std::vector<std::string>> List(const std::string& path) override {
    Node* node = Find(path);
    if (dead_ || node == nullptr) return Missing("read folder", path);
    std::vector<std::string> names;
    for (const auto& [name, child] : node->names) names.push_back(name);
    return names;
  }
  Status Rename(const std::string& from, const std::string& to) override {
    FLOW_RETURN_IF_ERROR(Step("rename", to));
    FLOW_TRY(Node * folder, Folder(from));
    FLOW_TRY(Node * target, Folder(to));
    auto found = folder->names.find(Name(from));
    if (found == folder->names.end()) return Missing("rename", from);
    std::shared_ptr<Node> node = found->second;
    folder->names.erase(found);
    target->names[Name(to)] = node;
    return OkStatus();
  }
  Status SyncFile(const std::string& path) override {
    FLOW_RETURN_IF_ERROR(Step("sync", path));
    Node* node = Find(path);
    if (node == nullptr) return Missing("make durable", path);
    node->synced = node->data;
    return OkStatus();
  }
  Status SyncFolder(const std::string& path) override {
    FLOW_RETURN_IF_ERROR(Step("sync folder", path));
    Node* node = Find(path);
    if (node == nullptr) return Missing("make durable", path);
    node->durable = node->names;
    return OkStatus();
  }
  Status SyncNames(const std::string& path) override {
    std::string folder = path;
    while (folder != "/" && folder != ".") {
      folder = FolderOf(folder);
      FLOW_RETURN_IF_ERROR(SyncFolder(folder));
    }
    return OkStatus();
  }
  Status Remove(const std::string& path) override {
    Node* node = Find(path);
    if (dead_) return Missing("remove", path);
    if (node == nullptr) return OkStatus();
    // Not at once: one name after the other.
    if (node->folder) {
      FLOW_TRY(std::vector<std::string> names, List(path));
      for (const std::string& name : names) FLOW_RETURN_IF_ERROR(Remove(path + "/" + name));
    }
    FLOW_RETURN_IF_ERROR(Step("remove", path));
    FLOW_TRY(Node * folder, Folder(path));
    folder->names.erase(Name(path));
    return OkStatus();
  }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    if (!Exists(path)) {
      FLOW_TRY(std::unique_ptr<OutputFile> made, Create(path));
    }
    if (!locked_.insert(path).second) return UserError(path + " is in use by another process");
    return std::unique_ptr<FileLock>(new Held(this, path));
  }

 private:
  struct Node {
    bool folder = false;
    std::string data, synced;
    std::map<std::string, std::shared_ptr<Node>> names, durable;
  };
  class Output : public OutputFile {
   public:
    Output(MemoryFiles* files, std::string path, std::shared_ptr<Node> node)
        : files_(files), path_(std::move(path)), node_(std::move(node)) {}
    Status Append(std::string_view data) override {
      const bool alive = !files_->dead_;
      Status status = files_->Step("write", path_);
      if (status.ok()) {
        node_->data += data;
      } else if (alive) {
        node_->data += data.substr(0, data.size() / 2);
      }
      return status;
    }
    Status Sync() override {
      FLOW_RETURN_IF_ERROR(files_->Step("sync", path_));
      node_->synced = node_->data;
      return OkStatus();
    }

   private:
    MemoryFiles* files_;
    std::string path_;
    std::shared_ptr<Node> node_;
  };
  class Input : public InputFile {
   public:
    explicit Input(std::string data) : data_(std::move(data)) {}
    Result<size_t> Read(char* data, size_t size) override {
      FLOW_TRY(size_t n, ReadAt(static_cast<int64_t>(at_), data, size));
      at_ += n;
      return n;
    }
    Result<size_t> ReadAt(int64_t at, char* data, size_t size) const override {
      return static_cast<size_t>(at) > data_.size()
                 ? 0
                 : data_.copy(data, size, static_cast<size_t>(at));
    }

   private:
    std::string data_;
    size_t at_ = 0;
  };
  class Held : public FileLock {
   public:
    Held(MemoryFiles* files, std::string path) : files_(files), path_(std::move(path)) {}
    ~Held() override { files_->locked_.erase(path_); }

   private:
    MemoryFiles* files_;
    std::string path_;
  };

  Status Step(const std::string& what, const std::string& path) {
    if (dead_) return ExternalError("the process is dead");
    if (on_step) on_step(what, path);
    ++steps_;
    if (left_ < 0 || left_-- > 0) return OkStatus();
    dead_ = true;
    return ExternalError("the process died: " + what + " " + path);
  }
  static Error Missing(const std::string& what, const std::string& path) {
    return ExternalError("can not " + what + " " + path + ": there is no such file");
  }
  static std::string Name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  Node* Find(const std::string& path) {
    Node* node = root_.get();
    size_t at = 1;
    while (node != nullptr && at < path.size()) {
      size_t end = std::min(path.find('/', at), path.size());
      auto found = node->names.find(path.substr(at, end - at));
      node = found == node->names.end() ? nullptr : found->second.get();
      at = end + 1;
    }
    return node;
  }
  Result<Node*> Folder(const std::string& path) {
    Node* node = Find(FolderOf(path));
    if (node == nullptr) return Missing("write", path);
    return node;
  }
  void Walk(Node* node, const std::string& path, std::vector<std::string>* found) {
    if (!node->folder && node != root_.get()) return found->push_back(path);
    for (auto& [name, child] : node->names) Walk(child.get(), path + "/" + name, found);
  }
  static void Cut(Node* node, test::Random* chance) {
    if (chance == nullptr) {
      node->names = node->durable;
      node->data = node->synced;
    } else {
      std::map<std::string, std::shared_ptr<Node>> all = node->names;
      all.insert(node->durable.begin(), node->durable.end());
      for (const auto& [name, any] : all) {
        const bool keep = chance->Chance(50);
        const auto& from = keep ? node->names : node->durable;
        auto found = from.find(name);
        if (found == from.end()) {
          all.at(name) = nullptr;
        } else {
          all.at(name) = found->second;
        }
      }
      std::erase_if(all, [](const auto& entry) { return entry.second == nullptr; });
      node->names = std::move(all);
      if (node->data != node->synced && chance->Chance(50)) node->data = node->synced;
    }
    node->durable = node->names;
    node->synced = node->data;
    for (auto& [name, child] : node->names) Cut(child.get(), chance);
  }

  std::shared_ptr<Node> root_ = [] {
    auto node = std::make_shared<Node>();
    node->folder = true;
    return node;
  }();
  std::set<std::string> locked_;
  int64_t steps_ = 0;
  int64_t left_ = -1;
  bool dead_ = false;
};

}  // namespace flow::testing
