// flowc new: a .flow file that works, to begin with.
#include <fcntl.h>
#include <flow/tools.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "cli.h"

namespace flowc {

namespace {

// Never over a file that is there.
int Write(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    return Fail(libflow::kUsage, "can not write " + path.string() + ": " + std::strerror(errno),
                errno == EEXIST ? "choose another name; no file is overwritten" : "");
  }
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const std::string why = std::strerror(errno);
      ::close(fd);
      return Fail(libflow::kRunFailed, "can not write " + path.string() + ": " + why);
    }
    written += static_cast<size_t>(count);
  }
  if (::close(fd) != 0) {
    return Fail(libflow::kRunFailed,
                "can not write " + path.string() + ": " + std::strerror(errno));
  }
  std::printf("%s\n", path.c_str());
  return libflow::kOk;
}

}  // namespace

int New(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc new NAME.flow|FOLDER [--from FILE|TOPIC]";
  verb.about =
      "Writes a .flow file that works: a source with sample data and a view over it. NAME.flow is "
      "one file with its data in it; FOLDER gets pipeline.flow and data/. With --from the source "
      "reads these records, JSON lines or CSV (also .gz and .zst), or the topic "
      "kafka://BROKERS/TOPIC: its columns, their types, the event time and the watermark are "
      "those of the records. No file is overwritten.";
  verb.examples =
      "  flowc new clicks.flow && flowc run clicks.flow --mode batch\n"
      "  flowc new orders --from exports/orders.csv.gz\n"
      "  flowc new clicks.flow --from kafka://localhost:9092/clicks --records 1000\n";
  verb.positional = "place";
  verb.options.add_options()("from", po::value<std::string>()->value_name("FILE|TOPIC"),
                             "records to read")(
      "records", po::value<int64_t>()->default_value(100'000),
      "look at so many of them; NOT NULL is written only if these are all");
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  const std::filesystem::path place = (*values)["place"].as<std::string>();
  const bool single = place.extension() == ".flow";
  libflow::SkeletonOptions options;
  options.limit = (*values)["records"].as<int64_t>();
  if (options.limit < 1) return Fail(libflow::kUsage, "--records must be at least 1");
  const std::filesystem::path file = single ? place : place / "pipeline.flow";
  const std::filesystem::path data = place / "data" / "events.jsonl";
  // Before records are read.
  if (std::filesystem::exists(file)) {
    return Fail(libflow::kUsage, file.string() + " is there already",
                "choose another name; no file is overwritten");
  }
  options.name = single ? place.stem().string() : "events";
  if (values->count("from") > 0) {
    options.from = (*values)["from"].as<std::string>();
  } else if (!single) {
    options.data = data.string();
  }
  libflow::SkeletonResult made = libflow::MakeSkeleton(options);
  if (made.code != libflow::kOk) return Fail(made.code, made.error, made.hint);
  if (!made.data.empty()) {
    code = Write(data, made.data);
    if (code != libflow::kOk) return code;
  }
  code = Write(file, made.text);
  if (code != libflow::kOk) return code;
  if (!made.summary.empty()) std::fprintf(stderr, "%s\n", made.summary.c_str());
  std::fprintf(stderr, "try: flowc run %s --mode batch\n", file.c_str());
  return libflow::kOk;
}

}  // namespace flowc
