// Gives ListFiles.
#include "runtime/connector/file/file_list.h"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace flow {

namespace {

std::string BaseName(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool EndsWith(const std::string& text, const char* ending) {
  const size_t size = std::strlen(ending);
  return text.size() >= size && text.compare(text.size() - size, size, ending) == 0;
}

Error SystemError(const std::string& who, const std::string& path, int code) {
  std::string hint;
  if (code == ENOENT) hint = "the path is taken from the directory that flowc runs in";
  if (code == EACCES) hint = "this user may not read it";
  return ExternalError(who + ": " + path + ": " + std::strerror(code), hint);
}

Result<std::vector<std::string>> FilesOfDirectory(const std::string& who, const std::string& path) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return SystemError(who, path, errno);
  std::vector<std::string> files;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    std::string file = path + (path.back() == '/' ? "" : "/") + entry->d_name;
    struct stat info;
    if (stat(file.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) files.push_back(std::move(file));
  }
  closedir(directory);
  if (files.empty()) {
    return ExternalError(who + ": the directory " + path + " has no files",
                         "hidden files and subdirectories are not read");
  }
  return files;
}

Result<std::vector<std::string>> FilesOfGlob(const std::string& who, const std::string& path) {
  glob_t found;
  const int code = glob(path.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &found);
  std::vector<std::string> files;
  if (code == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      struct stat info;
      const char* file = found.gl_pathv[i];
      if (stat(file, &info) == 0 && S_ISDIR(info.st_mode)) continue;
      files.emplace_back(file);
    }
  }
  globfree(&found);
  if (code == GLOB_ABORTED) {
    return ExternalError(who + ": a directory of the pattern " + path + " can not be read");
  }
  if (files.empty()) {
    return ExternalError(who + ": no file matches " + path,
                         "the pattern is taken from the directory that flowc runs in");
  }
  return files;
}

}  // namespace

Result<std::vector<InputFile>> ListFiles(const std::string& who, const std::string& path,
                                         const std::string& compression) {
  if (!compression.empty() && compression != "none" && compression != "gzip" &&
      compression != "zstd") {
    return UserError(who + ": compression = '" + compression + "' is not known",
                     "one of 'none', 'gzip', 'zstd'; by default the file's ending says it");
  }
  auto compression_of = [&](const std::string& name) {
    if (compression == "gzip" || (compression.empty() && EndsWith(name, ".gz"))) {
      return Compression::kGzip;
    }
    if (compression == "zstd" || (compression.empty() && EndsWith(name, ".zst"))) {
      return Compression::kZstd;
    }
    return Compression::kNone;
  };
  if (path == "-") {
    return std::vector<InputFile>{{"-", "stdin", compression_of("stdin"), false, 0}};
  }

  std::vector<std::string> paths;
  struct stat info;
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      FLOW_TRY(paths, FilesOfDirectory(who, path));
    } else {
      paths.push_back(path);
    }
  } else if (path.find_first_of("*?[") != std::string::npos) {
    FLOW_TRY(paths, FilesOfGlob(who, path));
  } else {
    return SystemError(who, path, errno);
  }
  // By bytes: the order must not depend on the locale.
  std::sort(paths.begin(), paths.end());

  std::vector<InputFile> files;
  for (const std::string& file : paths) {
    if (stat(file.c_str(), &info) != 0) return SystemError(who, file, errno);
    std::string name = BaseName(file);
    const Compression kind = compression_of(name);
    const bool regular = S_ISREG(info.st_mode);
    files.push_back({file, std::move(name), kind, regular, regular ? info.st_size : 0});
  }
  return files;
}

}  // namespace flow
