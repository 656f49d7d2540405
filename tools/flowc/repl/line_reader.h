// Lines of a statement: from a terminal, with editing, history and completion, or from a pipe.
#pragma once

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace flowc::repl {

// What could stand at the end of `line`: whole words that begin with its last one, which is
// `word_size` bytes long.
struct Candidates {
  size_t word_size = 0;
  std::vector<std::string> words;
};

enum class Got { kLine, kInterrupt, kEnd };

class LineReader {
 public:
  virtual ~LineReader() = default;
  // `line` is without its line end. kInterrupt: Ctrl-C.
  virtual Got Read(const std::string& prompt, std::string* line) = 0;
  virtual bool interactive() const = 0;
};

// The lines of a text.
class GivenLines : public LineReader {
 public:
  explicit GivenLines(const std::string& text) : text_(text) {}
  Got Read(const std::string& /*prompt*/, std::string* line) override {
    return std::getline(text_, *line) ? Got::kLine : Got::kEnd;
  }
  bool interactive() const override { return false; }

 private:
  std::istringstream text_;
};

using Completer = std::function<Candidates(const std::string& line)>;

// A terminal on stdin gets an editor (libedit), whose history is kept in the file `history` ("":
// nowhere).
std::unique_ptr<LineReader> OpenLines(const std::string& history, Completer completer);

}  // namespace flowc::repl
