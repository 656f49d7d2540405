// Real servers for tests of sinks: where they are, servers of a test's own that it may kill, and
// what an outside program reads from them.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace flow::testing {

// The output of a shell command without its last newlines; its failure is the test's.
inline std::string Shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) std::abort();
  std::string output;
  std::array<char, 4096> block;
  size_t size = 0;
  while ((size = fread(block.data(), 1, block.size(), pipe)) > 0) output.append(block.data(), size);
  const int status = pclose(pipe);
  EXPECT_EQ(status, 0) << command << "\n" << output;
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

inline std::string LastLine(const std::string& text) {
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

inline std::string Tool(const std::string& words) {
  return std::string(FLOW_SOURCE_DIR) + "/tools/" + words;
}

// The shared server's URL: FLOW_POSTGRES or FLOW_REDIS, or that of the one that tools/ starts.
inline std::string ServerUrl(const std::string& variable, const std::string& start) {
  if (const char* given = std::getenv(variable.c_str()); given != nullptr && *given != '\0') {
    return given;
  }
  return LastLine(Shell(Tool(start)));
}
inline const std::string& PostgresUrl() {
  static const std::string url = ServerUrl("FLOW_POSTGRES", "postgres/start");
  return url;
}
inline const std::string& RedisUrl() {
  static const std::string url = ServerUrl("FLOW_REDIS", "redis/start");
  return url;
}

// A server of the test's own on a port of its own, which it may kill and start again.
class OwnServer {
 public:
  // kind: postgres or redis. Ports follow from the process, so tests may run side by side.
  explicit OwnServer(const std::string& kind)
      : kind_(kind), port_(20000 + getpid() % 5000 + (kind == "redis" ? 5000 : 0)) {
    url_ = LastLine(Shell(Settings() + Tool(kind_ + "/start")));
  }
  ~OwnServer() { Shell(Settings() + Tool(kind_ + "/stop")); }

  const std::string& url() const { return url_; }
  pid_t pid() const {
    std::ifstream file(Tool("../build/" + kind_ + "/" + std::to_string(port_) + "/pid"));
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  void Kill() { ASSERT_EQ(kill(pid(), SIGKILL), 0); }
  // With the data that it had.
  void StartAgain() { Shell(Settings() + Tool(kind_ + "/start --keep")); }

 private:
  std::string Settings() const {
    return (kind_ == "redis" ? "FLOW_REDIS_PORT=" : "FLOW_POSTGRES_PORT=") + std::to_string(port_) +
           " ";
  }

  const std::string kind_;
  const int port_;
  std::string url_;
};

}  // namespace flow::testing
