// Binder::CheckFiles: no two writers of one file, and none of a file that is read.
#include <fnmatch.h>

#include <filesystem>

#include "compiler/bind/binder.h"

namespace flow {

namespace {

struct FileUse {
  std::string path;
  Span span;
  std::string by;  // "sink `a`"
  bool written = false;
};

// One spelling for a file; links are not followed. "": it is no file that could be damaged.
std::string Place(const std::string& path) {
  if (path.empty() || path == "-" || path.starts_with("/dev/")) return "";
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? "" : absolute.lexically_normal().string();
}

void AddUse(const ast::ConnectorClause& clause, const std::string& by, bool written,
            std::vector<FileUse>* uses) {
  for (const ast::Option& option : clause.options) {
    const bool is_path = option.name.text == (clause.connector.text == "FILE" ? "path" : "refused");
    if (!is_path || option.secret || option.unset) continue;
    const std::string place = Place(option.value);
    if (!place.empty()) uses->push_back({place, option.value_span, by, written});
  }
}

// Does a source whose path is a file, a folder or a pattern read the file?
bool Reads(const std::string& source, const std::string& file) {
  const std::string folder = std::filesystem::path(source) / "";
  return source == file || std::filesystem::path(file).parent_path() / "" == folder ||
         fnmatch(source.c_str(), file.c_str(), FNM_PATHNAME) == 0;
}

}  // namespace

void Binder::CheckFiles(const ast::Script& script) {
  std::vector<FileUse> uses;
  for (const ast::Statement& statement : script.statements) {
    if (statement.source != nullptr) {
      const std::string name = Quoted(statement.source->name.text);
      AddUse(statement.source->from, "source " + name, false, &uses);
      if (const auto& dead = statement.source->dead_letter) {
        AddUse(*dead, "the dead letters of source " + name, true, &uses);
      }
    }
    if (statement.sink != nullptr) {
      AddUse(statement.sink->into, "sink " + Quoted(statement.sink->name.text), true, &uses);
    }
  }
  for (size_t i = 0; i < uses.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const FileUse& one = uses[i];
      const FileUse& other = uses[j];
      if (!one.written && !other.written) continue;
      const bool same = one.written && other.written ? one.path == other.path
                        : one.written                ? Reads(other.path, one.path)
                                                     : Reads(one.path, other.path);
      if (!same) continue;
      const bool both = one.written && other.written;
      Diagnostic& d = out->Error(
          one.span, both ? "this file has two writers" : "this file is both read and written");
      d.label = one.by + ", and " + other.by;
      d.hint = both ? "each needs a file of its own" : "what is read would be overwritten";
      d.related.push_back({other.span, other.by});
      d.code = "file-used-twice";
      break;
    }
  }
}

}  // namespace flow
