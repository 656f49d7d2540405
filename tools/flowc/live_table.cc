// LiveTable: see live_table.h. Cursor movements are those of every terminal since the VT100.
#include "live_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "fmt/format.h"

namespace flowc {

namespace {

constexpr auto kBetweenDraws = std::chrono::milliseconds(200);
constexpr size_t kMostRows = 10'000;  // kept; a terminal shows far fewer

// Characters, not bytes: continuation bytes do not count.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string CutTo(const std::string& text, size_t width) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && ++seen > width) return text.substr(0, i);
  }
  return text;
}

// A cell of one line: what would move the cursor is shown as a space.
std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

bool LooksNumeric(const std::string& text) {
  return text.find_first_not_of("+-.0123456789eE") == std::string::npos || text == "NULL";
}

winsize TerminalSize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

void WriteAll(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) return;  // the terminal is gone; the run ends by its signal
    done += static_cast<size_t>(n);
  }
}

}  // namespace

std::string ProgressText(const libflow::Progress& progress, double seconds) {
  std::string text =
      fmt::format("{} rows, {:.0f} MB, {:.2f} M rows/s", progress.rows,
                  static_cast<double>(progress.bytes) / 1048576.0,
                  seconds > 0 ? static_cast<double>(progress.rows) / 1e6 / seconds : 0.0);
  if (progress.watermark_us != INT64_MIN && progress.watermark_us != INT64_MAX) {
    const std::time_t watermark = static_cast<std::time_t>(progress.watermark_us / 1'000'000);
    std::tm utc{};
    char buffer[32];
    if (gmtime_r(&watermark, &utc) != nullptr &&
        std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &utc) > 0) {
      text += fmt::format(", watermark {}", buffer);
    }
  }
  if (progress.lag >= 0) text += fmt::format(", {} to read", progress.lag);
  return text;
}

void LiveTable::Add(const libflow::Rows& rows) {
  if (names_.empty()) {
    for (int column : rows.shown()) {
      names_.push_back(rows.columns()[static_cast<size_t>(column)]);
    }
  }
  int window = -1;
  for (size_t i = 0; i < rows.columns().size(); ++i) {
    const std::string& name = rows.columns()[i];
    if (name == "window_end" || (name == "window_start" && window < 0)) {
      window = static_cast<int>(i);
    }
  }
  windowed_ = window >= 0;
  for (int row = 0; row < rows.count(); ++row) {
    auto text = [&](int column) {
      return rows.is_null(row, column) ? std::string("NULL") : Printable(rows.text(row, column));
    };
    Cells key;
    for (int column : rows.key()) {
      // NULL and the text NULL are two keys.
      key.push_back((rows.is_null(row, column) ? "N" : "V") + rows.text(row, column));
    }
    const auto found = rows.append_only() ? places_.end() : places_.find(key);
    changed_ = true;
    if (!rows.is_upsert(row)) {
      if (found == places_.end()) continue;
      rows_.erase(found->second);
      places_.erase(found);
      continue;
    }
    Cells cells;
    for (int column : rows.shown()) cells.push_back(text(column));
    if (found != places_.end()) {
      rows_[found->second].cells = std::move(cells);
      continue;
    }
    const Place place{window < 0 ? std::string() : text(window), next_++};
    if (!rows.append_only()) places_.emplace(key, place);
    rows_.emplace(place, Row{std::move(cells), std::move(key)});
  }
  while (rows_.size() > kMostRows) {
    places_.erase(rows_.begin()->second.key);
    rows_.erase(rows_.begin());
    ++left_out_;
  }
}

std::string LiveTable::Line(const Cells& cells, const std::vector<size_t>& widths,
                            const std::vector<bool>& numeric, size_t width) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += "  ";
    const std::string pad(widths[i] - std::min(widths[i], WidthOf(cells[i])), ' ');
    line += numeric[i] ? pad + cells[i] : cells[i] + pad;
  }
  return CutTo(line, width) + "\x1b[K\n";
}

// The cursor goes back to where the table begins.
std::string LiveTable::Erase() {
  std::string text = "\r";
  if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A", drawn_lines_);
  return text;
}

void LiveTable::Draw() {
  const winsize size = TerminalSize();
  const size_t width = std::max<size_t>(size.ws_col, 20) - 1;
  // Names, rule, a line that says what is left out, and the line about the run.
  const size_t room = std::max<size_t>(size.ws_row, 6) - 4;
  const size_t count = std::min(rows_.size(), room);
  auto first = rows_.begin();
  // Of windows, and of rows that are only added, the newest are shown.
  if (windowed_ || places_.empty()) std::advance(first, rows_.size() - count);
  std::vector<size_t> widths;
  for (const std::string& name : names_) widths.push_back(WidthOf(name));
  std::vector<bool> numeric(names_.size(), count > 0);
  auto row = first;
  for (size_t i = 0; i < count; ++i, ++row) {
    for (size_t c = 0; c < names_.size(); ++c) {
      widths[c] = std::max(widths[c], WidthOf(row->second.cells[c]));
      numeric[c] = numeric[c] && LooksNumeric(row->second.cells[c]);
    }
  }
  std::string text = Erase();
  size_t lines = 0;
  if (!names_.empty()) {
    text += Line(names_, widths, numeric, width);
    Cells rule;
    for (size_t w : widths) rule.emplace_back(w, '-');
    text += Line(rule, widths, numeric, width);
    lines += 2;
  }
  row = first;
  for (size_t i = 0; i < count; ++i, ++row, ++lines) {
    text += Line(row->second.cells, widths, numeric, width);
  }
  const int64_t hidden = static_cast<int64_t>(rows_.size() - count) + left_out_;
  if (hidden > 0) {
    text += fmt::format("({} more rows)\x1b[K\n", hidden);
    ++lines;
  }
  WriteAll(STDOUT_FILENO, text + "\x1b[J");
  if (progress_ && !status_.empty()) WriteAll(STDERR_FILENO, CutTo(status_, width));
  drawn_lines_ = lines;
  changed_ = false;
}

void LiveTable::Tick(const libflow::Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_draw_ < kBetweenDraws) return;
  last_draw_ = now;
  if (progress_) {
    status_ = ProgressText(progress, std::chrono::duration<double>(now - begin_).count());
  } else if (!changed_) {
    return;
  }
  Draw();
}

void LiveTable::Notice(const std::string& line) {
  WriteAll(STDOUT_FILENO, Erase() + "\x1b[J");
  drawn_lines_ = 0;
  WriteAll(STDERR_FILENO, line + "\n");
  Draw();
}

void LiveTable::Finish() {
  status_.clear();
  Draw();
}

}  // namespace flowc
