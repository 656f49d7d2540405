// BindConnector and BindFormat: which connectors, formats and options there are.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/bind/bind.h"
#include "compiler/bind/binder.h"
#include "runtime/abi/convert.h"
#include "runtime/program/duration_text.h"

namespace flow {

namespace {

enum class Kind { kText, kInteger, kNumber, kBoolean, kDuration, kTime, kCharacter };

struct KnownOption {
  const char* name;  // "header.*" is any name that begins so
  Kind kind = Kind::kText;
  bool required = false;
  std::vector<std::string> choices = {};                // if it is one of a few words
  int64_t least = std::numeric_limits<int64_t>::min();  // of an integer
  int64_t greatest = std::numeric_limits<int64_t>::max();
};

KnownOption Whole(const char* name, int64_t least, int64_t greatest) {
  return {name, Kind::kInteger, false, {}, least, greatest};
}
constexpr int64_t kMany = 1'000'000;

struct KnownConnector {
  const char* name;
  program::Connector connector;
  ConnectorUse use;
  std::vector<KnownOption> options;
};

// Options of librdkafka that change neither what is read nor when it counts as read.
const std::vector<KnownOption> kKafkaClient = {
    {"client.id"},
    {"client.rack"},
    {"security.protocol"},
    {"sasl.mechanism"},
    {"sasl.mechanisms"},
    {"sasl.username"},
    {"sasl.password"},
    {"sasl.kerberos.service.name"},
    {"sasl.kerberos.principal"},
    {"sasl.kerberos.keytab"},
    {"ssl.ca.location"},
    {"ssl.ca.pem"},
    {"ssl.certificate.location"},
    {"ssl.certificate.pem"},
    {"ssl.key.location"},
    {"ssl.key.pem"},
    {"ssl.key.password"},
    {"ssl.cipher.suites"},
    {"ssl.endpoint.identification.algorithm"},
    {"enable.ssl.certificate.verification", Kind::kBoolean},
    {"broker.address.family"},
    {"broker.address.ttl", Kind::kInteger},
    {"metadata.max.age.ms", Kind::kInteger},
    {"topic.metadata.refresh.interval.ms", Kind::kInteger},
    {"socket.timeout.ms", Kind::kInteger},
    {"socket.keepalive.enable", Kind::kBoolean},
    {"socket.receive.buffer.bytes", Kind::kInteger},
    {"socket.send.buffer.bytes", Kind::kInteger},
    {"reconnect.backoff.ms", Kind::kInteger},
    {"reconnect.backoff.max.ms", Kind::kInteger},
    {"message.max.bytes", Kind::kInteger},
    {"receive.message.max.bytes", Kind::kInteger},
    {"debug"},
};

const std::vector<KnownOption> kKafkaConsumer = {
    {"fetch.wait.max.ms", Kind::kInteger},         {"fetch.min.bytes", Kind::kInteger},
    {"fetch.max.bytes", Kind::kInteger},           {"fetch.message.max.bytes", Kind::kInteger},
    {"max.partition.fetch.bytes", Kind::kInteger}, {"fetch.error.backoff.ms", Kind::kInteger},
    {"queued.min.messages", Kind::kInteger},       {"queued.max.messages.kbytes", Kind::kInteger},
};

const std::vector<KnownOption> kKafkaProducer = {
    {"acks"},
    {"compression.type"},
    {"compression.codec"},
    {"compression.level", Kind::kInteger},
    {"linger.ms", Kind::kInteger},
    {"queue.buffering.max.ms", Kind::kInteger},
    {"queue.buffering.max.messages", Kind::kInteger},
    {"queue.buffering.max.kbytes", Kind::kInteger},
    {"batch.size", Kind::kInteger},
    {"batch.num.messages", Kind::kInteger},
    {"message.timeout.ms", Kind::kInteger},
    {"request.timeout.ms", Kind::kInteger},
    {"retry.backoff.ms", Kind::kInteger},
};

std::vector<KnownOption> Joined(std::vector<KnownOption> first,
                                std::initializer_list<const std::vector<KnownOption>*> more) {
  for (const std::vector<KnownOption>* list : more) {
    first.insert(first.end(), list->begin(), list->end());
  }
  return first;
}

const std::vector<KnownConnector>& Connectors() {
  using C = program::Connector;
  static const std::vector<KnownConnector>* all = new std::vector<KnownConnector>{
      {"KAFKA", C::kKafka, ConnectorUse::kSource,
       Joined({{"brokers", Kind::kText, true}, {"topic", Kind::kText, true}},
              {&kKafkaClient, &kKafkaConsumer})},
      {"FILE",
       C::kFile,
       ConnectorUse::kSource,
       {{"path", Kind::kText, true},
        {"partitions", Kind::kText, false, {"file"}},
        {"compression", Kind::kText, false, {"none", "gzip", "zstd"}},
        {"follow", Kind::kBoolean},
        Whole("max_record_bytes", 1, int64_t{1} << 30)}},
      {"NEXMARK",
       C::kNexmark,
       ConnectorUse::kSource,
       {Whole("events", 0, kMany * kMany * 1000),
        Whole("rate", 1, kMany * 1000),
        Whole("partitions", 1, 4096),
        {"seed", Kind::kInteger},
        {"base_time", Kind::kTime},
        Whole("person_proportion", 1, kMany),
        Whole("auction_proportion", 1, kMany),
        Whole("bid_proportion", 0, kMany),
        Whole("hot_auction_ratio", 1, kMany),
        Whole("hot_bidders_ratio", 1, kMany),
        Whole("hot_sellers_ratio", 1, kMany),
        Whole("in_flight_auctions", 1, kMany),
        Whole("active_people", 1, kMany),
        Whole("avg_person_byte_size", 0, kMany),
        Whole("avg_auction_byte_size", 0, kMany),
        Whole("avg_bid_byte_size", 0, kMany),
        Whole("out_of_order_group_size", 1, kMany)}},
      // Ranges, and what they are together: program::ReadDatagen.
      {"DATAGEN",
       C::kDatagen,
       ConnectorUse::kSource,
       {{"events", Kind::kInteger},
        {"rate", Kind::kNumber},
        {"partitions", Kind::kInteger},
        {"seed", Kind::kInteger},
        {"start"},
        {"skew", Kind::kNumber},
        {"disorder", Kind::kDuration},
        {"disorder.fraction", Kind::kNumber},
        {"late", Kind::kNumber},
        {"late.by", Kind::kDuration},
        {"ahead", Kind::kNumber},
        {"ahead.by", Kind::kDuration},
        {"duplicates", Kind::kNumber},
        {"duplicates.within", Kind::kInteger},
        {"bad", Kind::kNumber},
        {"bad.kind", Kind::kText, false, {"both", "malformed", "type"}},
        {"stall", Kind::kDuration},
        {"stall.every", Kind::kDuration},
        {"stall.kind", Kind::kText, false, {"silent", "delayed"}},
        {"column.*"}}},
      {"INLINE", C::kInline, ConnectorUse::kSource, {}},
      {"STDOUT", C::kStdout, ConnectorUse::kSink, {}},
      {"FILE", C::kFile, ConnectorUse::kSink, {{"path", Kind::kText, true}}},
      {"KAFKA", C::kKafka, ConnectorUse::kSink,
       Joined({{"brokers", Kind::kText, true}, {"topic", Kind::kText, true}},
              {&kKafkaClient, &kKafkaProducer})},
      {"POSTGRES",
       C::kPostgres,
       ConnectorUse::kSink,
       {{"url", Kind::kText, true},
        {"table", Kind::kText, true},
        {"schema"},
        {"on_refused", Kind::kText, false, {"fail", "record"}},
        {"merge", Kind::kText, false, {"copy", "merge"}},
        {"timeout", Kind::kDuration}}},
      {"REDIS",
       C::kRedis,
       ConnectorUse::kSink,
       {{"url", Kind::kText, true},
        {"key", Kind::kText, true},
        {"value", Kind::kText, false, {"hash", "json", "string"}},
        {"field"},
        {"ttl", Kind::kDuration},
        {"timeout", Kind::kDuration}}},
      {"HTTP",
       C::kHttp,
       ConnectorUse::kSink,
       {{"url", Kind::kText, true},
        {"header.*"},
        Whole("batch", 1, kMany),
        {"body", Kind::kText, false, {"array", "lines"}},
        {"on_refused", Kind::kText, false, {"fail", "record"}},
        {"refused"},
        {"ca"},
        {"timeout", Kind::kDuration}}},
      {"NULL", C::kNull, ConnectorUse::kSink, {}},
      {"CHECKSUM", C::kChecksum, ConnectorUse::kSink, {}},
      {"FILE", C::kFile, ConnectorUse::kDeadLetter, {{"path", Kind::kText, true}}},
      // Of a KAFKA source the brokers are the source's, where they are not stated.
      {"KAFKA", C::kKafka, ConnectorUse::kDeadLetter,
       Joined({{"brokers"}, {"topic", Kind::kText, true}}, {&kKafkaClient, &kKafkaProducer})},
  };
  return *all;
}

// Connectors of the language that are not built yet.
const std::vector<std::string> kLaterSources = {"POSTGRES", "PARQUET"};
const std::vector<std::string> kLaterSinks = {"PARQUET", "DELTA"};

const char* UseName(ConnectorUse use) {
  switch (use) {
    case ConnectorUse::kSource:
      return "source";
    case ConnectorUse::kSink:
      return "sink";
    case ConnectorUse::kDeadLetter:
      return "dead letters";
  }
  return "";
}

bool IsInteger(const std::string& text) {
  size_t begin = !text.empty() && text[0] == '-' ? 1 : 0;
  return begin < text.size() && text.size() - begin <= 18 &&
         text.find_first_not_of("0123456789", begin) == std::string::npos;
}

bool IsNumber(const std::string& text) {
  double value = 0;
  return flow_parse_double(text.data(), text.size(), &value) == kFlowValue && std::isfinite(value);
}

// It names a file and an environment variable.
bool IsSecretName(const std::string& name) {
  return !name.empty() && name.size() <= 128 && name[0] != '.' &&
         name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
             std::string::npos;
}

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "text";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kDuration:
      return "a length of time";
    case Kind::kTime:
      return "a time";
    case Kind::kCharacter:
      return "one character";
  }
  return "";
}

// Does the value suit the kind? `want` is what it should be, if that is not the kind's name.
bool Suits(const std::string& value, const KnownOption& known, std::string* want,
           std::string* hint) {
  switch (known.kind) {
    case Kind::kInteger: {
      if (!IsInteger(value)) return false;
      const int64_t number = std::stoll(value);
      *want = "from " + std::to_string(known.least) + " to " + std::to_string(known.greatest);
      return number >= known.least && number <= known.greatest;
    }
    case Kind::kNumber:
      return IsNumber(value);
    case Kind::kBoolean:
      return value == "true" || value == "false";
    case Kind::kDuration:
      *hint = "such as '500ms', '10s', '5m', '1h' or '7d'";
      return program::ParseDuration(value).has_value();
    case Kind::kTime: {
      int64_t us = 0;
      *hint = "such as '2023-01-01 00:00:00'";
      return flow_parse_timestamp(value.data(), value.size(), &us) == kFlowValue;
    }
    case Kind::kCharacter:
      *hint = "such as ',', ';', '|' or '\\t'";
      return value == "\\t" ||
             (value.size() == 1 && value != "\"" && value != "\n" && value != "\r");
    case Kind::kText:
      if (known.choices.empty()) {
        *want = "never empty";
        return !known.required || !value.empty();
      }
      *want = "one of a few words";
      *hint = Suggest(value, known.choices, "there is " + ListOf(known.choices));
      return std::find(known.choices.begin(), known.choices.end(), value) != known.choices.end();
  }
  return true;
}

void AnswerValues(const KnownOption& known, Diagnostics* out) {
  if (known.kind == Kind::kBoolean) {
    out->Answer({Offer::Kind::kValue, CandidatesOf(std::vector<std::string>{"true", "false"})});
  } else if (!known.choices.empty()) {
    out->Answer({Offer::Kind::kValue, CandidatesOf(known.choices)});
  }
}

void AnswerOptions(const std::vector<KnownOption>& known, Diagnostics* out) {
  Offer offer{Offer::Kind::kOption, {}};
  for (const KnownOption& option : known) {
    offer.candidates.push_back(
        {option.name, std::string(option.required ? "required, " : "") + KindName(option.kind)});
  }
  out->Answer(std::move(offer));
}

bool CheckValue(const ast::Option& option, const KnownOption& known, Diagnostics* out) {
  if (out->Asked(option.value_span)) AnswerValues(known, out);
  if (option.secret) {
    if (IsSecretName(option.value)) return true;
    Diagnostic& d = out->Error(option.value_span, Quoted(option.value) + " can not name a secret");
    d.hint =
        "letters, digits, `_`, `-` and `.`: it is the name of a file or an environment variable";
    d.code = "bad-option";
    return false;
  }
  std::string want;
  std::string hint;
  if (Suits(option.value, known, &want, &hint)) return true;
  if (want.empty()) want = KindName(known.kind);
  Diagnostic& d =
      out->Error(option.value_span, "option " + Quoted(option.name.text) + " is " + want);
  d.hint = hint;
  d.code = "bad-option";
  return false;
}

bool IsNamed(const KnownOption& known, const std::string& name) {
  const std::string_view own = known.name;
  if (!own.ends_with(".*")) return name == own;
  return name.size() >= own.size() && name.starts_with(own.substr(0, own.size() - 1));
}

// Copies the options whose names are known.
bool BindOptions(const std::vector<ast::Option>& written, const std::vector<KnownOption>& known,
                 const std::string& who, Span span, Diagnostics* out, program::Options* options,
                 program::Options* secrets) {
  bool ok = true;
  std::vector<std::string> names;
  for (const KnownOption& option : known) names.emplace_back(option.name);
  for (const ast::Option& option : written) {
    const std::string& name = option.name.text;
    auto found = std::find_if(known.begin(), known.end(),
                              [&](const KnownOption& other) { return IsNamed(other, name); });
    if (out->Asked(option.name.span)) AnswerOptions(known, out);
    if (found == known.end()) {
      Diagnostic& d = out->Error(option.name.span, "unknown option " + Quoted(name));
      d.label = names.empty() ? who + " takes no options" : "not an option of " + who;
      d.hint =
          Suggest(name, names, names.empty() ? "" : "options of " + who + ": " + ListOf(names));
      d.code = "unknown-option";
      ok = false;
      continue;
    }
    if (options->contains(name) || (secrets != nullptr && secrets->contains(name))) {
      Diagnostic& d = out->Error(option.name.span, "option " + Quoted(name) + " is given twice");
      d.code = "duplicate-name";
      ok = false;
      continue;
    }
    ok &= option.unset || CheckValue(option, *found, out);
    if (option.secret && secrets == nullptr) {
      out->Error(option.value_span, "a secret cannot stand here").code = "bad-option";
      ok = false;
    } else {
      (option.secret ? *secrets : *options)[name] = option.value;
    }
  }
  for (const KnownOption& option : known) {
    bool given =
        options->contains(option.name) || (secrets != nullptr && secrets->contains(option.name));
    if (!option.required || given) continue;
    // One that was only misspelt has been reported.
    if (!ok) continue;
    Diagnostic& d = out->Error(span, who + " needs the option " + Quoted(option.name));
    d.code = "missing-option";
    ok = false;
  }
  return ok;
}

}  // namespace

std::vector<std::string> ConnectorNames() {
  std::vector<std::string> names;
  for (const KnownConnector& known : Connectors()) names.emplace_back(known.name);
  return names;
}

bool BindConnector(const ast::ConnectorClause& clause, ConnectorUse use, Diagnostics* out,
                   program::Connector* connector, program::Options* options,
                   program::Options* secrets) {
  const std::string& name = clause.connector.text;
  std::vector<std::string> names;
  bool elsewhere = false;
  for (const KnownConnector& known : Connectors()) {
    elsewhere |= name == known.name;
    if (known.use != use) continue;
    names.emplace_back(known.name);
    if (name != known.name) continue;
    *connector = known.connector;
    std::string who = name + (use == ConnectorUse::kSource ? "" : std::string(" ") + UseName(use));
    return BindOptions(clause.options, known.options, who, clause.connector.span, out, options,
                       secrets);
  }
  if (out->Asked(clause.connector.span)) {
    out->Answer({Offer::Kind::kConnector, CandidatesOf(names)});
  }
  const std::vector<std::string>& later =
      use == ConnectorUse::kSource ? kLaterSources : kLaterSinks;
  bool planned = std::find(later.begin(), later.end(), name) != later.end() ||
                 (use == ConnectorUse::kDeadLetter && elsewhere);
  Diagnostic& d =
      planned ? out->Error(clause.connector.span, "not supported yet: " + name + " " + UseName(use))
              : out->Error(clause.connector.span, "unknown connector " + Quoted(name));
  d.label = std::string("not a connector of ") + (use == ConnectorUse::kSource ? "sources"
                                                  : use == ConnectorUse::kSink ? "sinks"
                                                                               : "dead letters");
  d.hint = Suggest(name, names, "there is " + ListOf(names));
  d.code = planned ? "not-supported-yet" : "unknown-connector";
  return false;
}

bool BindFormat(const std::optional<ast::FormatClause>& clause, const ast::Name& connector,
                ConnectorUse use, Diagnostics* out, program::Format* format,
                program::Options* options) {
  bool source = use == ConnectorUse::kSource;
  bool rows = connector.text == "INLINE" || connector.text == "NEXMARK";
  bool none = connector.text == "NULL" || connector.text == "CHECKSUM";
  bool values = !source && (connector.text == "POSTGRES" || connector.text == "REDIS");
  if (!clause.has_value()) {
    if (!source || rows || connector.text == "DATAGEN") {
      *format = source && rows ? program::Format::kRows : program::Format::kJson;
      return true;
    }
    Diagnostic& d = out->Error(connector.span, connector.text + " needs a FORMAT");
    d.hint = "add FORMAT JSON or FORMAT CSV after the connector";
    d.code = "missing-format";
    return false;
  }
  const ast::Name& name = clause->format;
  if ((source && rows) || none || values) {
    Diagnostic& d = out->Error(name.span, connector.text + " takes no FORMAT");
    d.label = source   ? "it makes typed rows itself"
              : values ? "it writes typed values"
                       : "it writes no rows";
    if (connector.text == "REDIS") d.hint = "with value = 'json' it writes rows as JSON";
    d.code = "bad-format";
    return false;
  }
  static const KnownOption kUnit = {"timestamp_unit", Kind::kText, false, {"s", "ms", "us", "ns"}};
  static const std::vector<KnownOption> kJsonOptions = {kUnit};
  static const std::vector<KnownOption> kCsvOptions = {
      {"header", Kind::kBoolean}, {"delimiter", Kind::kCharacter}, {"null"}, kUnit};
  static const std::vector<KnownOption> kNoOptions = {};
  if (name.text == "JSON" || name.text == "CSV") {
    bool json = name.text == "JSON";
    if (!json && source && connector.text == "DATAGEN") {
      Diagnostic& d = out->Error(name.span, "DATAGEN makes JSON records");
      d.hint = "FORMAT JSON, or none: what its files or topic hold is JSON too";
      d.code = "bad-format";
      return false;
    }
    *format = json ? program::Format::kJson : program::Format::kCsv;
    if (!json && !source && (connector.text == "KAFKA" || connector.text == "HTTP")) {
      Diagnostic& d = out->Error(name.span, "not supported yet: CSV into " + connector.text);
      d.code = "not-supported-yet";
      return false;
    }
    const std::vector<KnownOption>& known = !source ? kNoOptions
                                            : json  ? kJsonOptions
                                                    : kCsvOptions;
    return BindOptions(clause->options, known, "FORMAT " + name.text, name.span, out, options,
                       nullptr);
  }
  if (out->Asked(name.span)) {
    out->Answer({Offer::Kind::kFormat, CandidatesOf(std::vector<std::string>{"JSON", "CSV"})});
  }
  bool planned = name.text == "AVRO" || name.text == "PARQUET";
  Diagnostic& d = out->Error(name.span, planned ? "not supported yet: FORMAT " + name.text
                                                : "unknown format " + Quoted(name.text));
  d.hint = "there is `JSON` and `CSV`";
  d.code = planned ? "not-supported-yet" : "unknown-format";
  return false;
}

}  // namespace flow
