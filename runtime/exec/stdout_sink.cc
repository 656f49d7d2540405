// STDOUT: encodes rows and writes them to file descriptor 1.
#include "runtime/exec/stdout_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "runtime/format/encode.h"

namespace flow {

namespace {

Status WriteAll(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (n < 0) {
      if (errno == EINTR) continue;
      return ExternalError(std::string("can not write to standard output: ") +
                           std::strerror(errno));
    }
    done += static_cast<size_t>(n);
  }
  return OkStatus();
}

// Characters, not bytes: continuation bytes do not count.
size_t DisplayWidth(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class StdoutSink : public SinkConnector {
 public:
  StdoutSink(const program::View& view, StdoutOptions options)
      : view_(view),
        shown_(ShownColumns(view)),
        shown_names_(ShownNames(view)),
        options_(std::move(options)) {}

  Status Write(const ChangeBatch& changes) override {
    if (options_.format == "table") return WriteTable(changes);
    std::string text;
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      if (options_.format == "csv") {
        AppendCsv(changes, row, &text);
      } else {
        AppendJson(changes, row, &text);
      }
      if (text.size() > (1u << 16)) {
        FLOW_RETURN_IF_ERROR(WriteAll(text));
        text.clear();
      }
    }
    return WriteAll(text);
  }
  Status Flush() override { return OkStatus(); }
  Status Close() override {
    if (options_.format != "table") return OkStatus();
    return FlushTable();
  }

 private:
  static const char* Op(const ChangeBatch& changes, int32_t row) {
    return changes.rows->weight(row) > 0 ? "upsert" : "delete";
  }

  void AppendJson(const ChangeBatch& changes, int32_t row, std::string* text) const {
    if (!options_.changes && !options_.several_views) {
      AppendJsonRow(*changes.rows, row, view_.columns, {}, view_.structs, text);
      text->push_back('\n');
      return;
    }
    text->append("{\"view\":");
    AppendJsonString(view_.name.data(), view_.name.size(), text);
    if (options_.changes) {
      text->append(",\"op\":\"").append(Op(changes, row)).append("\",\"rev\":");
      text->append(std::to_string(changes.revision));
    }
    text->append(",\"row\":");
    AppendJsonRow(*changes.rows, row, view_.columns, {}, view_.structs, text);
    text->append("}\n");
  }

  void AppendCsv(const ChangeBatch& changes, int32_t row, std::string* text) {
    std::string prefix;
    std::vector<std::string> names;
    if (options_.several_views) {
      names.push_back("view");
      prefix += view_.name + ",";
    }
    if (options_.changes) {
      names.insert(names.end(), {"op", "rev"});
      prefix += std::string(Op(changes, row)) + "," + std::to_string(changes.revision) + ",";
    }
    if (!header_written_) {
      names.insert(names.end(), shown_names_.begin(), shown_names_.end());
      AppendCsvHeader(names, text);
      header_written_ = true;
    }
    text->append(prefix);
    AppendCsvRow(*changes.rows, row, shown_, text);
  }

  // Rows are held until the widths of the columns are known from the first thousand.
  Status WriteTable(const ChangeBatch& changes) {
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      std::vector<std::string> cells;
      if (options_.changes) {
        cells.push_back(Op(changes, row));
        cells.push_back(std::to_string(changes.revision));
      }
      for (int c : shown_) {
        cells.push_back(
            CellText(changes.rows->column(c), view_.types[static_cast<size_t>(c)], row));
      }
      held_.push_back(std::move(cells));
    }
    return held_.size() > 1000 ? FlushTable() : OkStatus();
  }

  bool Numeric(size_t column) const {
    size_t shift = options_.changes ? 2 : 0;
    return column >= shift && view_.types[static_cast<size_t>(shown_[column - shift])].is_numeric();
  }

  void AppendLine(const std::vector<std::string>& cells, bool header, std::string* text) const {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text->append("  ");
      size_t pad = widths_[i] - std::min(widths_[i], DisplayWidth(cells[i]));
      if (Numeric(i)) text->append(pad, ' ');
      text->append(cells[i]);
      if (!Numeric(i) && i + 1 < cells.size()) text->append(pad, ' ');
    }
    text->push_back('\n');
    if (!header) return;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text->append("  ");
      text->append(widths_[i], '-');
    }
    text->push_back('\n');
  }

  Status FlushTable() {
    std::vector<std::string> names;
    if (options_.changes) names = {"op", "rev"};
    names.insert(names.end(), shown_names_.begin(), shown_names_.end());
    std::string text;
    if (!header_written_) {
      widths_.assign(names.size(), 0);
      auto widen = [&](const std::vector<std::string>& cells) {
        for (size_t i = 0; i < cells.size(); ++i) {
          widths_[i] = std::max(widths_[i], DisplayWidth(cells[i]));
        }
      };
      widen(names);
      for (const auto& cells : held_) widen(cells);
      if (options_.several_views) text += view_.name + ":\n";
      AppendLine(names, true, &text);
      header_written_ = true;
    }
    for (const auto& cells : held_) AppendLine(cells, false, &text);
    held_.clear();
    return WriteAll(text);
  }

  const program::View& view_;
  const std::vector<int> shown_;
  const std::vector<std::string> shown_names_;
  StdoutOptions options_;
  bool header_written_ = false;
  std::vector<std::vector<std::string>> held_;
  std::vector<size_t> widths_;
};

}  // namespace

std::unique_ptr<SinkConnector> MakeStdoutSink(const program::View& view,
                                              const StdoutOptions& options) {
  return std::make_unique<StdoutSink>(view, options);
}

}  // namespace flow
