// MakeSkeleton: sample clicks, or a source for records as they are, and a view over it.
#include "compiler/driver/skeleton.h"

#include <algorithm>
#include <array>
#include <optional>

#include "compiler/driver/compile.h"
#include "compiler/driver/infer.h"
#include "compiler/driver/records.h"
#include "compiler/format/format.h"
#include "compiler/parse/expect.h"

namespace flow {

namespace {

constexpr const char* kSampleColumns =
    "(event_id STRING NOT NULL, user_id BIGINT, page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)";
constexpr const char* kSampleView =
    "-- Views, visitors and revenue of each page, a row a page and minute: `flowc explain` shows "
    "how.\n"
    "VIEW page_metrics AS SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS "
    "visitors, SUM(revenue) AS revenue FROM TUMBLE(";

struct Click {
  const char *id, *user, *page, *revenue, *ts;  // nullptr: NULL
};
constexpr std::array<Click, 8> kClicks = {{
    {"e1", "1", "/home", nullptr, "2026-01-01 10:00:05"},
    {"e2", "2", "/home", nullptr, "2026-01-01 10:00:12"},
    {"e3", "1", "/cart", "9.90", "2026-01-01 10:00:40"},
    {"e4", nullptr, "/home", nullptr, "2026-01-01 10:00:38"},
    {"e5", "3", "/home", "5.00", "2026-01-01 10:01:05"},
    {"e6", "2", "/cart", "24.50", "2026-01-01 10:01:20"},
    {"e7", "3", "/home", nullptr, "2026-01-01 10:01:14"},
    {"e8", "1", "/cart", "3.10", "2026-01-01 10:02:01"},
}};

bool IsPlain(const std::string& name) {
  static const std::vector<std::string>* const reserved =
      new std::vector<std::string>(ReservedWords());
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  std::string upper;
  for (char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (c < '0' || c > '9')) return false;
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return std::find(reserved->begin(), reserved->end(), upper) == reserved->end();
}

std::string Name(const std::string& name) {
  if (IsPlain(name)) return name;
  std::string text = "\"";
  for (char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string Text(const std::string& value) {
  std::string text = "'";
  for (size_t i = 0; i < value.size(); ++i) {
    if (value.compare(i, 2, "${") == 0) text += '$';  // `$${` is a plain `${`
    text += value[i] == '\'' ? "''" : std::string(1, value[i]);
  }
  return text + "'";
}

// A field's name that can be a column's: one line, no control characters.
bool CanBeColumn(const std::string& name) {
  return !name.empty() && name.size() <= 200 && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::string TypeText(const Type& type) {
  if (type.is(TypeKind::kArray)) return "ARRAY<" + TypeText(*type.element) + ">";
  if (!type.is(TypeKind::kStruct)) return type.ToString();
  std::string text = "STRUCT<";
  for (const StructField& field : *type.fields) {
    if (!CanBeColumn(field.name)) continue;
    text += (text.back() == '<' ? "" : ", ") + Name(field.name) + " " + TypeText(field.type);
  }
  return text.back() == '<' ? "STRING" : text + ">";
}

// clicks.2026-01.jsonl.gz -> clicks
std::string SourceName(const std::string& place) {
  std::string stem = place.substr(place.find_last_of('/') + 1);
  stem = stem.substr(0, stem.find('.'));
  std::string name;
  for (char c : stem) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (!name.empty() && name.back() != '_')) name += letter ? c : '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (!IsPlain(name)) name = name.empty() ? "events" : "s_" + name;
  return name;
}

struct Column {
  std::string name;
  const Shape* shape = nullptr;
  Type type;
  bool always = false;  // never NULL
};

constexpr int64_t kSecond = 1000000;

// A length of time as it is written, from a list of usual ones.
struct Length {
  const char* text;
  int64_t us;
};
constexpr std::array<Length, 15> kLengths = {{
    {"10s", 10 * kSecond},
    {"30s", 30 * kSecond},
    {"1m", 60 * kSecond},
    {"5m", 300 * kSecond},
    {"15m", 900 * kSecond},
    {"30m", 1800 * kSecond},
    {"1h", 3600 * kSecond},
    {"3h", 10800 * kSecond},
    {"6h", 21600 * kSecond},
    {"12h", 43200 * kSecond},
    {"1d", 86400 * kSecond},
    {"3d", 3 * 86400 * kSecond},
    {"7d", 7 * 86400 * kSecond},
    {"30d", 30 * 86400 * kSecond},
    {"365d", 365 * 86400 * kSecond},
}};

std::string AtLeast(int64_t us) {
  for (const Length& length : kLengths) {
    if (length.us >= us) return length.text;
  }
  return std::to_string(us / (86400 * kSecond) + 1) + "d";
}

class FromRecords {
 public:
  FromRecords(const SkeletonOptions& options, const Inferred& inferred)
      : options_(options), inferred_(inferred) {
    ChooseUnit();
    for (const std::string& name : inferred.record.names) {
      if (!CanBeColumn(name)) {
        skipped_.push_back(name);
        continue;
      }
      Column column{name, inferred.record.fields.at(name).get(), Type(), false};
      column.type = TypeOf(*column.shape, name, unit_);
      column.always = column.shape->values() == inferred.record.objects;
      columns_.push_back(std::move(column));
    }
    ChooseTime();
  }

  Result<std::string> Text() const {
    FLOW_TRY(program::Source place, SourceOfPlace(options_.from));
    const bool topic = place.connector == program::Connector::kKafka;
    const std::string name = SourceName(options_.from);
    std::string text = "-- Columns as they are in " + Seen() + ".\n";
    for (const std::string& skipped : skipped_) {
      text += "-- The field " + std::to_string(skipped.size()) +
              " bytes long whose name can not be a column's is left out.\n";
    }
    text += "SOURCE " + name + " (\n";
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      text += Name(column.name) + " " + TypeText(column.type);
      // What a topic or more records will bring is not known.
      const bool sure = column.always && inferred_.all && !topic;
      if (sure && !column.type.is(TypeKind::kStruct)) text += " NOT NULL";
      text += i + 1 < columns_.size() ? "," : "";
      if (std::string note = NoteOn(column); !note.empty()) text += " -- " + note;
      text += "\n";
    }
    text += ") FROM ";
    if (topic) {
      text += "KAFKA (brokers = " + flow::Text(place.options["brokers"]) +
              ", topic = " + flow::Text(place.options["topic"]) + ")";
    } else {
      text += "FILE (path = " + flow::Text(options_.from) + ")";
    }
    text += place.format == program::Format::kCsv ? " FORMAT CSV" : " FORMAT JSON";
    if (!unit_.empty() && unit_ != "ms") text += " (timestamp_unit = '" + unit_ + "')";
    if (time_ != nullptr) {
      text += "\n-- The records are out of order by up to " + AtLeastText() + ".\n" +
              "EVENT TIME " + Name(time_->name) + " WATERMARK " + AtLeast(Unordered());
    }
    return text + ";\n\n" + View(name);
  }

  std::string Seen() const {
    return (inferred_.all ? "all " : "the first ") + std::to_string(inferred_.records) +
           " records" +
           (inferred_.malformed > 0
                ? " (" + std::to_string(inferred_.malformed) + " malformed ones are dead)"
                : "");
  }
  std::string Time() const {
    return time_ == nullptr ? "no event time: no TIMESTAMP is in every record"
                            : "event time " + time_->name + ", watermark " + AtLeast(Unordered());
  }
  size_t columns() const { return columns_.size(); }

 private:
  int64_t PerUnit() const { return unit_ == "s" ? kSecond : unit_ == "ms" ? 1000 : 1; }
  // Of integers that are times the shape has units, of texts microseconds.
  int64_t Micros(int64_t value) const {
    return time_->shape->integers > 0 ? value * PerUnit() : value;
  }
  int64_t Unordered() const { return Micros(time_->shape->unordered); }
  std::string AtLeastText() const {
    const int64_t us = Unordered();
    return us % kSecond == 0 ? std::to_string(us / kSecond) + "s"
                             : std::to_string((us + 999) / 1000) + "ms";
  }

  // One unit for the whole file: that of the first column that has one.
  void ChooseUnit() {
    for (const std::string& name : inferred_.record.names) {
      if (unit_.empty()) unit_ = UnitOf(*inferred_.record.fields.at(name), name);
    }
  }

  // A TIMESTAMP that is always there, by its name if several are.
  void ChooseTime() {
    int best = -1;
    for (const Column& column : columns_) {
      if (!column.type.is(TypeKind::kTimestamp) || !column.always) continue;
      const std::string& name = column.name;
      const int rank = name == "event_time" || name == "ts"      ? 3
                       : name == "timestamp" || name == "time"   ? 2
                       : name.find("event") != std::string::npos ? 2
                       : name.find("time") != std::string::npos  ? 1
                                                                 : 0;
      if (rank > best) {
        best = rank;
        time_ = &column;
      }
    }
  }

  std::string NoteOn(const Column& column) const {
    const Shape& shape = *column.shape;
    if (shape.values() == 0) return "always NULL";
    if (!column.type.is(TypeKind::kString)) return "";
    if (shape.arrays == shape.values()) return "an array, as JSON text";
    if (shape.texts != shape.values()) return "of several types: as text";
    return "";
  }

  // Rows a key and window if there is time, else the records themselves.
  std::string View(const std::string& source) const {
    const Column* key = nullptr;
    const Column* number = nullptr;
    for (const Column& column : columns_) {
      const bool few = column.shape->distinct.size() <= kFewValues &&
                       static_cast<int64_t>(column.shape->distinct.size()) * 2 <= inferred_.records;
      if (key == nullptr && few &&
          (column.type.is(TypeKind::kString) || column.type.is(TypeKind::kBoolean)) &&
          column.shape->values() == column.shape->texts + column.shape->booleans) {
        key = &column;
      }
      if (number == nullptr && column.type.is(TypeKind::kDecimal)) number = &column;
    }
    const std::string by = key != nullptr ? Name(key->name) : "";
    std::string calls = "COUNT(*) AS records";
    if (number != nullptr) {
      calls += ", SUM(" + Name(number->name) + ") AS " + Name("sum_of_" + number->name);
    }
    if (time_ == nullptr) {
      if (key == nullptr) return "VIEW records AS SELECT * FROM " + source + ";\n";
      return "VIEW by_key AS SELECT " + by + ", " + calls + " FROM " + source + " GROUP BY " + by +
             ";\n";
    }
    const int64_t span = Micros(time_->shape->greatest) - Micros(time_->shape->least);
    const char* window = span > 2 * 86400 * kSecond ? "1d" : span > 7200 * kSecond ? "1h" : "1m";
    const std::string keys = (by.empty() ? "" : by + ", ") + std::string("window_start");
    return "VIEW by_window AS SELECT " + keys + ", " + calls + " FROM TUMBLE(" + source + ", " +
           window + ") GROUP BY " + keys + ";\n";
  }

  const SkeletonOptions& options_;
  const Inferred& inferred_;
  std::string unit_;
  std::vector<Column> columns_;
  std::vector<std::string> skipped_;
  const Column* time_ = nullptr;
};

std::string SampleRecords() {
  std::string text;
  for (const Click& click : kClicks) {
    auto or_null = [](const char* value) { return std::string(value != nullptr ? value : "null"); };
    text += std::string("{\"event_id\":\"") + click.id + "\",\"user_id\":" + or_null(click.user) +
            ",\"page\":\"" + click.page + "\",\"revenue\":" + or_null(click.revenue) +
            ",\"ts\":\"" + click.ts + "\"}\n";
  }
  return text;
}

std::string SampleRows() {
  std::string text;
  for (const Click& click : kClicks) {
    auto or_null = [](const char* value) { return std::string(value != nullptr ? value : "NULL"); };
    text += (text.empty() ? "\n('" : ",\n('") + std::string(click.id) + "', " +
            or_null(click.user) + ", '" + click.page + "', " + or_null(click.revenue) + ", '" +
            click.ts + "')";
  }
  return text;
}

std::string SampleText(const SkeletonOptions& options) {
  const std::string name = SourceName(options.name);
  std::string text = "SOURCE " + name + " " + kSampleColumns + " FROM ";
  if (options.data.empty()) {
    text += "INLINE (VALUES" + SampleRows() + ")";
  } else {
    text += "FILE (path = " + Text(options.data) + ") FORMAT JSON";
  }
  text += " EVENT TIME ts WATERMARK 10s;\n\n";
  return text + kSampleView + name + ", 1m) GROUP BY page, window_start;\n";
}

// In its layout, and compiled: what is written works.
Result<std::string> Finished(const std::string& text) {
  Diagnostics diagnostics;
  const SourceFile file("new.flow", text);
  FLOW_TRY(std::string formatted, Format(file, diagnostics));
  if (!diagnostics.has_errors()) {
    const SourceFile written("new.flow", formatted);
    CompileOptions options;
    options.kernels = false;
    FLOW_TRY(std::unique_ptr<Compilation> compiled, Compile(written, options, diagnostics));
    if (!diagnostics.has_errors()) return formatted;
  }
  return InternalError("what was made of the records does not compile:\n" +
                       diagnostics.ToText(file, false));
}

}  // namespace

Result<Skeleton> MakeSkeleton(const SkeletonOptions& options) {
  Skeleton made;
  if (options.from.empty()) {
    FLOW_TRY(made.text, Finished(SampleText(options)));
    if (!options.data.empty()) made.data = SampleRecords();
    return made;
  }
  FLOW_TRY(Inferred inferred, Infer(options.from, options.limit));
  if (inferred.records == inferred.malformed) {
    return DataError(inferred.records == 0
                         ? options.from + " has no records"
                         : "no record of " + options.from + " is a JSON object or a row of CSV",
                     "records are JSON objects, one a line, or a file named .csv with a header");
  }
  const FromRecords writer(options, inferred);
  if (writer.columns() == 0) return DataError("the records of " + options.from + " have no fields");
  FLOW_TRY(std::string text, writer.Text());
  FLOW_TRY(made.text, Finished(text));
  made.summary =
      std::to_string(writer.columns()) + " columns from " + writer.Seen() + "; " + writer.Time();
  return made;
}

}  // namespace flow
