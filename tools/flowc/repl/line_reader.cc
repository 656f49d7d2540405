// Gives OpenLines.
#include "tools/flowc/repl/line_reader.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cwchar>
#include <filesystem>
#include <iostream>

namespace flowc::repl {

namespace {

constexpr int kHistoryLines = 10000;

class PipeLines : public LineReader {
 public:
  Got Read(const std::string& /*prompt*/, std::string* line) override {
    return std::getline(std::cin, *line) ? Got::kLine : Got::kEnd;
  }
  bool interactive() const override { return false; }
};

// One at a time: libedit calls back without saying for whom.
class EditedLines : public LineReader {
 public:
  EditedLines(std::string file, Completer completer)
      : file_(std::move(file)), completer_(std::move(completer)) {
    std::setlocale(LC_CTYPE, "");
    self_ = this;
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLines);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) history(history_, &event, H_LOAD, file_.c_str());
    edit_ = el_init("flowc", stdin, stdout, stderr);
    el_set(edit_, EL_PROMPT, &EditedLines::Prompt);
    el_set(edit_, EL_GETCFN, &EditedLines::ReadCharacter);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_ADDFN, "flow-complete", "complete a name", &EditedLines::Complete);
    el_set(edit_, EL_BIND, "\t", "flow-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(edit_, nullptr);  // ~/.editrc
  }
  ~EditedLines() override {
    HistEvent event;
    if (!file_.empty()) {
      std::error_code ignored;
      std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), ignored);
      history(history_, &event, H_SAVE, file_.c_str());
    }
    el_end(edit_);
    history_end(history_);
    self_ = nullptr;
  }

  Got Read(const std::string& prompt, std::string* line) override {
    prompt_ = prompt;
    interrupted_ = 0;
    struct sigaction action{}, before{};
    action.sa_handler = [](int) { interrupted_ = 1; };
    sigset_t interrupts, mask;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupts, &mask);
    sigaction(SIGINT, &action, &before);
    int count = 0;
    const char* got = el_gets(edit_, &count);
    sigaction(SIGINT, &before, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    if (interrupted_ != 0) {
      el_reset(edit_);
      std::fputs("^C\n", stdout);
      return Got::kInterrupt;
    }
    if (got == nullptr || count <= 0) {
      std::fputs("\n", stdout);
      return Got::kEnd;
    }
    line->assign(got, static_cast<size_t>(count));
    while (!line->empty() && (line->back() == '\n' || line->back() == '\r')) line->pop_back();
    HistEvent event;
    if (line->find_first_not_of(" \t") != std::string::npos) {
      history(history_, &event, H_ENTER, line->c_str());
    }
    return Got::kLine;
  }
  bool interactive() const override { return true; }

 private:
  // Ctrl-C comes only while this waits: a read that it comes just before would go on waiting.
  static int ReadCharacter(EditLine*, wchar_t* out) {
    sigset_t waiting;
    pthread_sigmask(SIG_SETMASK, nullptr, &waiting);
    sigdelset(&waiting, SIGINT);
    std::mbstate_t state{};
    while (true) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const int ready = ppoll(&input, 1, nullptr, &waiting);
      if (interrupted_ != 0) return -1;
      if (ready < 0 && errno == EINTR) continue;
      char byte = 0;
      const ssize_t size = ready < 0 ? -1 : ::read(STDIN_FILENO, &byte, 1);
      if (size <= 0) return static_cast<int>(size);
      const size_t made = std::mbrtowc(out, &byte, 1, &state);
      if (made == static_cast<size_t>(-2)) continue;  // the first bytes of a character
      // Ctrl-D from while the terminal took whole lines, as it does while a statement runs.
      if (made == 0) *out = L'\x04';
      if (made != static_cast<size_t>(-1)) return 1;
      state = {};
    }
  }

  static char* Prompt(EditLine*) { return self_->prompt_.data(); }

  static unsigned char Complete(EditLine* edit, int) {
    const LineInfo* info = el_line(edit);
    const std::string line(info->buffer, info->cursor);
    const Candidates found = self_->completer_(line);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    std::string common = found.words[0];
    for (const std::string& word : found.words) {
      const auto differs = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
      common.erase(differs.first, common.end());
    }
    if (common.size() > found.word_size || found.words.size() == 1) {
      el_deletestr(edit, static_cast<int>(found.word_size));
      if (found.words.size() == 1) common += ' ';
      if (el_insertstr(edit, common.c_str()) == -1) return CC_ERROR;
      return CC_REFRESH;
    }
    Show(found.words);
    return CC_REDISPLAY;
  }

  // In columns below the line.
  static void Show(const std::vector<std::string>& words) {
    constexpr size_t kWidth = 80;
    constexpr size_t kMost = 200;
    size_t widest = 0;
    for (const std::string& word : words) widest = std::max(widest, word.size());
    const size_t columns = std::max<size_t>(1, kWidth / (widest + 2));
    std::fputs("\n", stdout);
    for (size_t i = 0; i < words.size() && i < kMost; ++i) {
      const bool last = (i + 1) % columns == 0 || i + 1 == words.size();
      const int width = static_cast<int>(last ? 0 : widest + 2);
      std::fprintf(stdout, "%-*s%s", width, words[i].c_str(), last ? "\n" : "");
    }
  }

  inline static EditedLines* self_ = nullptr;
  inline static volatile std::sig_atomic_t interrupted_ = 0;
  const std::string file_;
  const Completer completer_;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
};

}  // namespace

std::unique_ptr<LineReader> OpenLines(const std::string& history, Completer completer) {
  if (isatty(STDIN_FILENO) == 0) return std::make_unique<PipeLines>();
  return std::make_unique<EditedLines>(history, std::move(completer));
}

}  // namespace flowc::repl
