// Gives OpenFileSink.
#include "runtime/connector/file/file_sink.h"

#include "runtime/connector/file/file_writer.h"
#include "runtime/connector/file/row_text.h"
#include "runtime/connector/options.h"

namespace flow {

namespace {

class FileSink : public SinkConnector {
 public:
  FileSink(std::unique_ptr<FileWriter> file, program::Format format, const program::View& view)
      : file_(std::move(file)), text_(format, view) {
    file_->buffer() += text_.Header();
  }

  Status Write(const ChangeBatch& changes) override {
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      text_.Append(*changes.rows, row, changes.revision, &file_->buffer());
      FLOW_RETURN_IF_ERROR(file_->WriteSome());
    }
    return OkStatus();
  }
  Status Flush() override { return file_->Flush(); }
  Status Close() override { return file_->Close(); }

 private:
  const std::unique_ptr<FileWriter> file_;
  const RowText text_;
};

}  // namespace

Result<std::unique_ptr<SinkConnector>> OpenFileSink(const program::Sink& sink,
                                                    const program::View& view, bool replace) {
  const std::string who = "sink " + sink.name;
  FLOW_RETURN_IF_ERROR(CheckOptions("FILE (" + who + ")", sink.options, {"path"}));
  FLOW_TRY(const std::string path, RequiredOption(who, sink.options, "path"));
  FLOW_TRY(std::unique_ptr<FileWriter> file,
           replace ? FileWriter::Replace(who, path) : FileWriter::Create(who, path));
  return std::unique_ptr<SinkConnector>(new FileSink(std::move(file), sink.format, view));
}

}  // namespace flow
