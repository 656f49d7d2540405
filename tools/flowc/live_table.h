// The table that an endless stream shows on a terminal: a view's current rows, redrawn in place.
#pragma once

#include <flow/flow.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flowc {

// Called from the job's thread only, but for the constructor and Finish.
class LiveTable {
 public:
  // `progress`: stderr is the same terminal, and a line about the run stands under the table.
  explicit LiveTable(bool progress) : progress_(progress) {}

  // Folds changes into the rows that are shown.
  void Add(const libflow::Rows& rows);
  // Draws, if the last time was long enough ago.
  void Tick(const libflow::Progress& progress);
  // A line for people, above the table.
  void Notice(const std::string& line);
  // The last state stays on the screen.
  void Finish();

 private:
  using Cells = std::vector<std::string>;
  // By window first, so that the newest come last; then in the order in which they appeared.
  struct Place {
    std::string window;
    int64_t number = 0;
    auto operator<=>(const Place&) const = default;
  };

  struct Row {
    Cells cells;
    Cells key;
  };

  void Draw();
  std::string Erase();
  std::string Line(const Cells& cells, const std::vector<size_t>& widths,
                   const std::vector<bool>& numeric, size_t width) const;

  const bool progress_;
  Cells names_;
  bool windowed_ = false;
  std::map<Place, Row> rows_;
  std::map<Cells, Place> places_;  // by the key's texts
  int64_t next_ = 0;
  int64_t left_out_ = 0;  // rows that are no longer kept
  size_t drawn_lines_ = 0;
  bool changed_ = true;
  std::string status_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_draw_;
};

// "1,200 rows, 3 MB, 0.40 M rows/s, watermark 2026-01-01 10:00:00, 17 to read".
std::string ProgressText(const libflow::Progress& progress, double seconds);

}  // namespace flowc
