// Gives OpenLetterList and OpenLetterLog.
#include "runtime/connector/dead_letter_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/connector/record_decoder.h"
#include "runtime/format/base64.h"

namespace flow {

namespace {

using nlohmann::json;

// What the records of a morsel point into.
struct Taken {
  std::vector<std::string> raw;
  std::vector<LetterOrigin> origins;
};

class LetterTaker {
 public:
  explicit LetterTaker(LetterChoice choice) : choice_(std::move(choice)) {}

  // Appends the letter, if it is one of the chosen.
  Status Take(DeadLetterRecord letter, std::vector<int64_t>* offsets, Taken* to) const {
    if (letter.source != choice_.source) return OkStatus();
    std::string path;
    if (!choice_.view.empty()) {
      if (!letter.view.empty() && letter.view != choice_.view) return OkStatus();
    } else if (!letter.view.empty()) {
      if (!choice_.paths.contains(letter.view)) {
        return DataError(
            "a dead letter of source " + letter.source + " (partition " +
                std::to_string(letter.partition) + ", offset " + std::to_string(letter.offset) +
                ") died on the way to `" + letter.view + "`, which this file does not have",
            "add that view; or --view " + letter.view + " gives its letters to all views");
      }
      path = letter.view;
    }
    offsets->push_back(letter.offset);
    to->raw.push_back(std::move(letter.raw));
    to->origins.push_back({letter.partition, std::move(path)});
    return OkStatus();
  }

  static void Fill(const std::vector<int64_t>& offsets, std::shared_ptr<Taken> taken, Morsel* out) {
    out->records.clear();
    out->readable = nullptr;
    for (size_t i = 0; i < taken->raw.size(); ++i) {
      RawRecord record;
      record.data = taken->raw[i].data();
      record.size = static_cast<uint32_t>(taken->raw[i].size());
      record.offset = offsets[i];
      out->records.push_back(record);
    }
    out->row_count = static_cast<int64_t>(taken->raw.size());
    out->origins = std::shared_ptr<const std::vector<LetterOrigin>>(taken, &taken->origins);
    out->keep = std::move(taken);
  }

 private:
  const LetterChoice choice_;
};

// --- Letters that are here ---------------------------------------------------------------------
using Letters = std::vector<DeadLetterRecord>;

RecordFingerprint FingerprintOf(const Letters& letters, int64_t index) {
  const DeadLetterRecord& letter = letters[static_cast<size_t>(index)];
  RecordFingerprint print;
  print.offset = index;
  print.size = static_cast<int64_t>(letter.raw.size());
  print.hash = HashRecord(DeadLetterKey(letter), letter.raw);
  return print;
}

class ListReader : public PartitionReader {
 public:
  ListReader(const LetterTaker* taker, int partition, const Letters* letters, int64_t from,
             int64_t to)
      : taker_(taker), partition_(partition), letters_(letters), next_(from), end_(to) {}

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override {
    auto taken = std::make_shared<Taken>();
    std::vector<int64_t> offsets;
    out->partition = partition_;
    out->begin_offset = next_;
    out->bytes = 0;
    while (next_ < end_ && static_cast<int64_t>(offsets.size()) < max_records &&
           out->bytes < max_bytes) {
      const DeadLetterRecord& letter = (*letters_)[static_cast<size_t>(next_)];
      FLOW_RETURN_IF_ERROR(taker_->Take(letter, &offsets, taken.get()));
      out->bytes += static_cast<int64_t>(letter.raw.size());
      last_ = FingerprintOf(*letters_, next_++);
    }
    out->next_offset = next_;
    const bool any = !offsets.empty();
    LetterTaker::Fill(offsets, std::move(taken), out);
    return any || next_ < end_ ? ReadState::kData : ReadState::kEnd;
  }
  int64_t next_offset() const override { return next_; }
  int64_t lag() const override { return end_ - next_; }
  std::optional<RecordFingerprint> last_record() const override { return last_; }

 private:
  const LetterTaker* const taker_;
  const int partition_;
  const Letters* const letters_;
  int64_t next_;
  const int64_t end_;
  std::optional<RecordFingerprint> last_;
};

class LetterList : public SourceConnector {
 public:
  LetterList(LetterChoice choice, std::map<int, Letters> letters,
             std::unique_ptr<RecordDecoder> decoder)
      : taker_(std::move(choice)), letters_(std::move(letters)), decoder_(std::move(decoder)) {
    for (const auto& [partition, of] : letters_) {
      PartitionInfo info;
      info.id = partition;
      info.name = std::to_string(partition);
      info.end = static_cast<int64_t>(of.size());
      partitions_.push_back(std::move(info));
    }
  }
  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }
  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    const Letters& of = letters_.at(partition);
    const auto end = static_cast<int64_t>(of.size());
    return std::unique_ptr<PartitionReader>(
        new ListReader(&taker_, partition, &of, from, to < 0 ? end : std::min(to, end)));
  }
  Status VerifyFingerprint(int partition, int64_t /*next_offset*/,
                           const RecordFingerprint& last) override {
    const Letters& of = letters_.at(partition);
    if (last.offset < static_cast<int64_t>(of.size()) && FingerprintOf(of, last.offset) == last) {
      return OkStatus();
    }
    return DataError("the dead letters are not those that were replayed before: letter " +
                         std::to_string(last.offset + 1) + " of partition " +
                         std::to_string(partition) + " is another one",
                     "the state that has them was begun anew: replay with --reset-state");
  }

 private:
  const LetterTaker taker_;
  const std::map<int, Letters> letters_;
  const std::unique_ptr<RecordDecoder> decoder_;
  std::vector<PartitionInfo> partitions_;
};

// --- Letters in a file or a topic --------------------------------------------------------------
std::optional<DeadLetterRecord> ParseLetter(const RawRecord& record) {
  const json value = json::parse(record.data, record.data + record.size, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  auto text = [&](const char* name, std::string* to) {
    auto found = value.find(name);
    if (found == value.end() || !found->is_string()) return false;
    *to = found->get<std::string>();
    return true;
  };
  DeadLetterRecord letter;
  auto partition = value.find("partition");
  auto offset = value.find("offset");
  if (!text("source", &letter.source) || partition == value.end() ||
      !partition->is_number_integer() || offset == value.end() || !offset->is_number_integer()) {
    return std::nullopt;
  }
  letter.partition = partition->get<int>();
  letter.offset = offset->get<int64_t>();
  text("view", &letter.view);
  std::string encoded;
  if (text("raw", &letter.raw)) return letter;
  if (!text("raw_base64", &encoded)) return std::nullopt;
  std::optional<std::string> raw = FromBase64(encoded);
  if (!raw) return std::nullopt;
  letter.raw = *std::move(raw);
  return letter;
}

class LogReader : public PartitionReader {
 public:
  LogReader(const LetterTaker* taker, const std::string& who,
            std::unique_ptr<PartitionReader> lines)
      : taker_(taker), who_(who), lines_(std::move(lines)) {}

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override {
    FLOW_TRY(const ReadState state, lines_->Read(max_records, max_bytes, out));
    out->origins = nullptr;
    if (state != ReadState::kData) return state;
    auto taken = std::make_shared<Taken>();
    std::vector<int64_t> offsets;
    for (const RawRecord& line : out->records) {
      std::optional<DeadLetterRecord> letter = ParseLetter(line);
      if (!letter) {
        return DataError(who_ + " is no log of dead letters: at offset " +
                             std::to_string(line.offset) + " is another record",
                         "DEAD LETTER TO FILE and TO KAFKA write such logs");
      }
      FLOW_RETURN_IF_ERROR(taker_->Take(*std::move(letter), &offsets, taken.get()));
    }
    LetterTaker::Fill(offsets, std::move(taken), out);
    return state;
  }
  int64_t next_offset() const override { return lines_->next_offset(); }
  int64_t lag() const override { return lines_->lag(); }
  std::optional<RecordFingerprint> last_record() const override { return lines_->last_record(); }

 private:
  const LetterTaker* const taker_;
  const std::string& who_;
  const std::unique_ptr<PartitionReader> lines_;
};

class LetterLog : public SourceConnector {
 public:
  LetterLog(LetterChoice choice, std::unique_ptr<SourceConnector> log,
            std::unique_ptr<RecordDecoder> decoder)
      : who_("what is replayed for source " + choice.source),
        taker_(std::move(choice)),
        log_(std::move(log)),
        decoder_(std::move(decoder)) {}
  const std::vector<PartitionInfo>& partitions() const override { return log_->partitions(); }
  const Decoder& decoder() const override { return *decoder_; }
  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    FLOW_TRY(auto lines, log_->Open(partition, from, to));
    return std::unique_ptr<PartitionReader>(new LogReader(&taker_, who_, std::move(lines)));
  }
  Status VerifyFingerprint(int partition, int64_t next_offset,
                           const RecordFingerprint& last) override {
    return log_->VerifyFingerprint(partition, next_offset, last);
  }
  std::string OffsetToText(int partition, int64_t offset) const override {
    return log_->OffsetToText(partition, offset);
  }

 private:
  const std::string who_;
  const LetterTaker taker_;
  const std::unique_ptr<SourceConnector> log_;
  const std::unique_ptr<RecordDecoder> decoder_;
};

Result<std::unique_ptr<RecordDecoder>> DecoderOf(const program::Source& source) {
  if (source.format == program::Format::kRows) {
    return UserError("source " + source.name + " has no records that could be replayed",
                     "INLINE and NEXMARK make their rows themselves");
  }
  auto header = source.format_options.find("header");
  if (source.format == program::Format::kCsv &&
      (source.connector == program::Connector::kFile || header != source.format_options.end()) &&
      (header == source.format_options.end() || header->second != "false")) {
    return UserError("source " + source.name + ": a dead letter has no header to find columns by",
                     "declare the columns in the order of the file, with header = false");
  }
  return MakeRecordDecoder(source, /*files=*/false);
}

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenLetterList(
    const program::Source& source, LetterChoice choice,
    std::map<int, std::vector<DeadLetterRecord>> letters) {
  FLOW_TRY(auto decoder, DecoderOf(source));
  return std::unique_ptr<SourceConnector>(
      new LetterList(std::move(choice), std::move(letters), std::move(decoder)));
}

Result<std::unique_ptr<SourceConnector>> OpenLetterLog(const program::Source& source,
                                                       LetterChoice choice,
                                                       std::unique_ptr<SourceConnector> log) {
  FLOW_TRY(auto decoder, DecoderOf(source));
  return std::unique_ptr<SourceConnector>(
      new LetterLog(std::move(choice), std::move(log), std::move(decoder)));
}

}  // namespace flow
