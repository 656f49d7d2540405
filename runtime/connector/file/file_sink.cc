// Gives OpenFileSink.
#include "runtime/connector/file/file_sink.h"

#include "runtime/connector/file/file_writer.h"
#include "runtime/connector/options.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

class FileSink : public SinkConnector {
 public:
  FileSink(std::unique_ptr<FileWriter> file, program::Format format, const program::View& view)
      : file_(std::move(file)),
        csv_(format == program::Format::kCsv),
        changes_(!view.append_only),
        view_(view.name),
        columns_(view.columns),
        structs_(view.structs),
        shown_(ShownColumns(view)) {
    if (!csv_) return;
    std::vector<std::string> header = ShownNames(view);
    if (changes_) header.insert(header.begin(), {"op", "rev"});
    AppendCsvHeader(header, &file_->buffer());
  }

  Status Write(const ChangeBatch& changes) override {
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      const int64_t weight = changes.rows->weight(row);
      if (changes_) {
        WriteChange(changes, row, weight > 0 ? "upsert" : "delete");
      } else {
        // Equal rows may come as one with a multiplicity.
        for (int64_t i = 0; i < weight; ++i) WriteRow(*changes.rows, row);
      }
      FLOW_RETURN_IF_ERROR(file_->WriteSome());
    }
    return OkStatus();
  }
  Status Flush() override { return file_->Flush(); }
  Status Close() override { return file_->Close(); }

 private:
  void WriteRow(const Batch& rows, int32_t row) {
    std::string* out = &file_->buffer();
    if (csv_) {
      AppendCsvRow(rows, row, shown_, out);
    } else {
      AppendJsonRow(rows, row, columns_, {}, structs_, out);
      *out += '\n';
    }
  }

  void WriteChange(const ChangeBatch& changes, int32_t row, const char* op) {
    std::string* out = &file_->buffer();
    const std::string revision = std::to_string(changes.revision);
    if (csv_) {
      *out += op + ("," + revision) + ",";
      AppendCsvRow(*changes.rows, row, shown_, out);
      return;
    }
    *out += "{\"view\":";
    AppendJsonString(view_.data(), view_.size(), out);
    *out += std::string(",\"op\":\"") + op + "\",\"rev\":" + revision + ",\"row\":";
    AppendJsonRow(*changes.rows, row, columns_, {}, structs_, out);
    *out += "}\n";
  }

  const std::unique_ptr<FileWriter> file_;
  const bool csv_;
  const bool changes_;
  const std::string view_;
  const std::vector<std::string> columns_;
  const std::vector<program::StructColumns> structs_;
  const std::vector<int> shown_;
};

}  // namespace

Result<std::unique_ptr<SinkConnector>> OpenFileSink(const program::Sink& sink,
                                                    const program::View& view) {
  const std::string who = "sink " + sink.name;
  FLOW_RETURN_IF_ERROR(CheckOptions("FILE (" + who + ")", sink.options, {"path"}));
  FLOW_TRY(const std::string path, RequiredOption(who, sink.options, "path"));
  FLOW_TRY(std::unique_ptr<FileWriter> file, FileWriter::Create(who, path));
  return std::unique_ptr<SinkConnector>(new FileSink(std::move(file), sink.format, view));
}

}  // namespace flow
