// Binder::BindSource: columns flattened to physical ones, connector, format, event time.
#include <algorithm>

#include "compiler/bind/binder.h"
#include "compiler/bind/literal.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

class SourceBinder {
 public:
  SourceBinder(const ast::SourceStmt& statement, const Binder& binder)
      : statement_(statement),
        out_(binder.out),
        index_(binder.index),
        functions_(&binder.functions) {}

  bool Bind(bound::Source* source);

 private:
  bool BindColumn(const ast::ColumnDef& def);
  void NoteColumn(const ast::ColumnDef& def) const;
  Scope OwnScope() const;
  bool BindMeta(const ast::ColumnDef& def);
  bool BindComputed(const ast::ColumnDef& def);
  bool CheckType(const Type& type, Span span, bool inside_struct);
  // `declared`: as a column, which the rows of a CSV file or of INLINE have a value for.
  bound::Visible AddLeaves(const std::string& name, const std::string& full_name, const Type& type,
                           std::vector<program::PathStep> path, int struct_depth, bool not_null,
                           bool declared);
  std::optional<bound::Visible> AddField(const ast::Expr& call);
  BoundExprPtr AddPhysical(program::SourceColumn column);
  bool BindTime();
  bool BindUnique();
  bool BindInlineRows();
  bool BindOverload();
  bool BindDeadLetterCluster(program::DeadLetter* dead);
  bool HasLogTimestamps() const {
    return source_->spec.connector == program::Connector::kKafka || IsDatagen();
  }
  bool IsDatagen() const { return source_->spec.connector == program::Connector::kDatagen; }

  const ast::SourceStmt& statement_;
  Diagnostics* out_;
  Index* index_;
  const SqlFunctions* functions_;
  bound::Source* source_ = nullptr;
  std::map<std::string, bound::Visible> fields_;  // by the text of their calls
};

BoundExprPtr SourceBinder::AddPhysical(program::SourceColumn column) {
  bound::Column physical;
  physical.name = column.name;
  physical.type = column.type;
  int number = static_cast<int>(source_->schema.columns.size());
  source_->schema.columns.push_back(std::move(physical));
  Type type = column.type;
  source_->spec.columns.push_back(std::move(column));
  return MakeColumn(number, std::move(type));
}

bool SourceBinder::CheckType(const Type& type, Span span, bool inside_struct) {
  if (!type.is(TypeKind::kStruct)) return true;
  if (!inside_struct && statement_.format.has_value() && statement_.format->format.text == "CSV") {
    out_->Error(span, "a CSV record has no STRUCT").code = "bad-type";
    return false;
  }
  bool ok = true;
  for (size_t i = 0; i < type.fields->size(); ++i) {
    const StructField& field = (*type.fields)[i];
    for (size_t j = 0; j < i; ++j) {
      if ((*type.fields)[j].name != field.name) continue;
      Diagnostic& d = out_->Error(span, "duplicate field name " + Quoted(field.name));
      d.code = "duplicate-name";
      ok = false;
    }
    ok &= CheckType(field.type, span, true);
  }
  return ok;
}

bound::Visible SourceBinder::AddLeaves(const std::string& name, const std::string& full_name,
                                       const Type& type, std::vector<program::PathStep> path,
                                       int struct_depth, bool not_null, bool declared) {
  bound::Visible visible;
  visible.name = name;
  visible.type = type;
  program::SourceColumn column;
  column.name = full_name;
  column.path = path;
  column.struct_depth = struct_depth;
  // A row of INLINE has one value for it.
  const bool inline_struct = source_->spec.connector == program::Connector::kInline;
  if (!type.is(TypeKind::kStruct) || inline_struct) {
    column.type = type;
    column.not_null = not_null;
    if (declared) {
      column.position = static_cast<int>(source_->spec.declared.size());
      source_->spec.declared.push_back(column);
    }
    const Scope scope = OwnScope();
    return ExprBinder(scope, out_).Spread(name, AddPhysical(std::move(column)));
  }
  column.type = TypeKind::kBoolean;
  column.from = program::ColumnFrom::kPresence;
  column.struct_depth = ++struct_depth;
  column.name = full_name + " IS NOT NULL";
  visible.presence = AddPhysical(std::move(column));
  for (const StructField& field : *type.fields) {
    std::vector<program::PathStep> inner = path;
    inner.push_back({field.name, -1});
    visible.fields.push_back(AddLeaves(field.name, full_name + "." + field.name, field.type,
                                       std::move(inner), struct_depth, false, declared));
  }
  return visible;
}

bool SourceBinder::BindMeta(const ast::ColumnDef& def) {
  struct Meta {
    const char* name;
    program::ColumnFrom from;
    Type type;
  };
  static const Meta kMeta[] = {
      {"partition", program::ColumnFrom::kPartition, TypeKind::kInt},
      {"offset", program::ColumnFrom::kOffset, TypeKind::kBigint},
      {"timestamp", program::ColumnFrom::kTimestamp, TypeKind::kTimestamp},
      {"key", program::ColumnFrom::kKey, TypeKind::kString},
      {"headers", program::ColumnFrom::kHeaders, Type::Map(TypeKind::kString)},
  };
  const std::string name = LowerCase(def.meta->text);
  std::vector<std::string> names;
  for (const Meta& meta : kMeta) {
    names.emplace_back(meta.name);
    if (name != meta.name) continue;
    if (!CanWiden(meta.type, def.type)) {
      Diagnostic& d = out_->Error(def.type_span, "META " + name + " is " + meta.type.ToString());
      d.label = "declared as " + def.type.ToString();
      d.code = "type-mismatch";
      return false;
    }
    program::SourceColumn column;
    column.name = def.name.text;
    column.type = meta.type;
    column.from = meta.from;
    bound::Visible visible;
    visible.name = def.name.text;
    visible.type = def.type;
    visible.expr = CastTo(AddPhysical(std::move(column)), def.type);
    visible.declared = def.name.span;
    source_->schema.names.push_back(std::move(visible));
    return true;
  }
  if (out_->Asked(def.meta->span)) out_->Answer({Offer::Kind::kMeta, CandidatesOf(names)});
  Diagnostic& d = out_->Error(def.meta->span, "unknown metadata " + Quoted(name));
  d.hint = Suggest(name, names, "there is " + ListOf(names));
  d.code = "unknown-metadata";
  return false;
}

Scope SourceBinder::OwnScope() const {
  Scope scope;
  scope.schema = &source_->schema;
  scope.qualifier = statement_.name.text;
  scope.qualifier_declared = statement_.name.span;
  scope.index = index_;
  scope.functions = functions_;
  for (const ast::ColumnDef& def : statement_.columns) {
    if (FindVisible(source_->schema.names, def.name.text) != nullptr) continue;
    scope.later.push_back(def.name.text);
  }
  return scope;
}

// How the column gets its value says what its name means.
void SourceBinder::NoteColumn(const ast::ColumnDef& def) const {
  if (index_ == nullptr) return;
  Symbol symbol{SymbolKind::kColumn, def.name.text, def.name.span, def.type};
  const auto header = source_->spec.format_options.find("header");
  bool by_position = header != source_->spec.format_options.end() && header->second == "false";
  if (def.path.has_value() || def.meta.has_value() || def.computed != nullptr ||
      source_->spec.connector == program::Connector::kInline) {
    symbol.naming = Symbol::Naming::kWritten;
  } else if (source_->spec.format == program::Format::kJson && !IsDatagen()) {
    symbol.naming = Symbol::Naming::kField;
    symbol.end = def.type_span.end;
  } else if (!by_position) {
    symbol.naming = Symbol::Naming::kHeader;
  }
  index_->symbols.push_back(std::move(symbol));
}

// FIELD: one column for each place and type.
std::optional<bound::Visible> SourceBinder::AddField(const ast::Expr& call) {
  const program::Connector connector = source_->spec.connector;
  const bool records =
      source_->spec.format == program::Format::kJson &&
      (connector == program::Connector::kKafka || connector == program::Connector::kFile);
  if (!records) {
    Diagnostic& d = out_->Error(call.span, "FIELD needs a record of JSON");
    d.label = "KAFKA and FILE have some, with FORMAT JSON";
    d.code = "bad-field";
    return std::nullopt;
  }
  const ast::Expr& path = *call.children[0];
  std::optional<std::vector<program::PathStep>> steps = ParseJsonPath(path.text, path.span, out_);
  if (!steps) return std::nullopt;
  const std::string name = ast::ToSql(call);
  const auto [found, added] = fields_.try_emplace(name);
  if (added) found->second = AddLeaves(name, name, call.type, std::move(*steps), 0, false, false);
  return found->second;
}

bool SourceBinder::BindComputed(const ast::ColumnDef& def) {
  Scope scope = OwnScope();
  scope.field = [this](const ast::Expr& call) { return AddField(call); };
  ExprBinder binder(scope, out_);
  binder.ForbidAggregates("a computed column");
  BoundExprPtr value =
      binder.BindAs(*def.computed, def.type, "the expression is not " + def.type.ToString());
  if (value == nullptr) return false;
  bound::Visible visible = binder.Spread(def.name.text, value);
  visible.declared = def.name.span;
  source_->schema.names.push_back(std::move(visible));
  return true;
}

bool SourceBinder::BindColumn(const ast::ColumnDef& def) {
  NoteColumn(def);
  if (const bound::Visible* other = FindVisible(source_->schema.names, def.name.text)) {
    Diagnostic& d = out_->Error(def.name.span, "duplicate column name " + Quoted(def.name.text));
    d.code = "duplicate-name";
    d.related.push_back({other->declared, "first declared"});
    return false;
  }
  if (!CheckType(def.type, def.type_span, false)) return false;
  bool is_struct = def.type.is(TypeKind::kStruct);
  bool is_field = !def.meta.has_value() && def.computed == nullptr;
  if (is_struct && is_field && def.not_null) {
    Diagnostic& d = out_->Error(def.type_span, "not supported yet: NOT NULL on a STRUCT");
    d.code = "not-supported-yet";
    return false;
  }
  if (def.not_null && !is_field) {
    Diagnostic& d = out_->Error(def.name.span, "NOT NULL is for fields of the record");
    d.code = "bad-column";
    return false;
  }
  if (def.meta.has_value()) return BindMeta(def);
  if (def.computed != nullptr) return BindComputed(def);

  if (source_->spec.connector == program::Connector::kNexmark && !CheckNexmarkColumn(def, out_)) {
    return false;
  }
  std::vector<program::PathStep> path = {{def.name.text, -1}};
  if (def.path.has_value()) {
    if (source_->spec.format != program::Format::kJson) {
      Diagnostic& d = out_->Error(def.path_span, "a path needs FORMAT JSON");
      d.code = "bad-path";
      return false;
    }
    std::optional<std::vector<program::PathStep>> parsed =
        ParseJsonPath(*def.path, def.path_span, out_);
    if (!parsed.has_value()) return false;
    const bool indexed = std::any_of(parsed->begin(), parsed->end(),
                                     [](const program::PathStep& step) { return step.index >= 0; });
    if (IsDatagen() && indexed) {
      out_->Error(def.path_span, "DATAGEN makes no arrays").code = "bad-path";
      return false;
    }
    path = std::move(*parsed);
  }
  source_->schema.names.push_back(
      AddLeaves(def.name.text, def.name.text, def.type, std::move(path), 0, def.not_null, true));
  source_->schema.names.back().declared = def.name.span;
  return true;
}

bool SourceBinder::BindTime() {
  if (!statement_.event_time.has_value()) return true;
  const ast::Name& name = *statement_.event_time;
  const Scope scope = OwnScope();
  const bound::Visible* column = ResolveColumn(scope, {name}, name.span, out_);
  if (column == nullptr) return false;
  if (!column->type.is(TypeKind::kTimestamp)) {
    Diagnostic& d = out_->Error(name.span, "event time must be a TIMESTAMP");
    d.label = Quoted(name.text) + " is " + column->type.ToString();
    d.hint = "declare it as TIMESTAMP, or add a computed column";
    d.code = "type-mismatch";
    return false;
  }
  source_->event_time = column->expr;
  program::Source& spec = source_->spec;
  bool ok = true;
  if (statement_.watermark.has_value()) {
    spec.watermark_delay = statement_.watermark->us;
  } else {
    Diagnostic& d = out_->Error(name.span, "EVENT TIME needs a WATERMARK");
    d.hint = "WATERMARK 10s: records may be 10 s out of order";
    d.code = "missing-watermark";
    ok = false;
  }
  if (statement_.idle.has_value()) spec.idle = statement_.idle->us;
  if (statement_.ahead.has_value()) {
    spec.ahead = statement_.ahead->us;
    if (!HasLogTimestamps()) {
      Diagnostic& d =
          out_->Error(statement_.ahead->span, "AHEAD compares with the log's timestamp");
      d.label = statement_.from.connector.text + " records have none";
      d.code = "no-log-timestamps";
      ok = false;
    } else if (!IsDatagen()) {
      Diagnostic& d = out_->Warning(statement_.ahead->span, "AHEAD trusts the topic's timestamps");
      d.label = "with CreateTime they are the producer's own clock";
      d.hint = "set message.timestamp.type=LogAppendTime on the topic";
      d.code = "create-time";
    }
  }
  return ok;
}

bool SourceBinder::BindUnique() {
  if (!statement_.unique.has_value()) return true;
  const ast::UniqueClause& unique = *statement_.unique;
  const Scope scope = OwnScope();
  ExprBinder binder(scope, out_);
  binder.ForbidAggregates("UNIQUE BY");
  bool ok = true;
  for (const ast::ExprPtr& written : unique.keys) {
    BoundExprPtr key = binder.Bind(*written);
    if (key == nullptr) {
      ok = false;
      continue;
    }
    source_->unique_keys.push_back(std::move(key));
  }
  if (!statement_.event_time.has_value()) {
    Diagnostic& d = out_->Error(unique.span, "UNIQUE BY needs EVENT TIME");
    d.label = "WITHIN is measured by the clocks of the partitions, which are event times";
    d.hint = "EVENT TIME ts WATERMARK 10s UNIQUE BY ...";
    d.code = "no-event-time";
    ok = false;
  }
  source_->spec.unique_within = unique.within.us;
  source_->spec.unique_per_partition = unique.per_partition;
  return ok;
}

bool SourceBinder::BindInlineRows() {
  if (source_->spec.connector != program::Connector::kInline) return true;
  if (!statement_.inline_rows.has_value()) {
    Diagnostic& d = out_->Error(statement_.from.connector.span, "INLINE needs rows");
    d.hint = "FROM INLINE (VALUES (...), (...))";
    d.code = "missing-option";
    return false;
  }
  const std::vector<program::SourceColumn>& fields = source_->spec.declared;
  bool ok = true;
  for (const auto& partition : statement_.inline_rows->partitions) {
    std::vector<std::vector<Datum>>& rows = source_->spec.inline_rows.emplace_back();
    for (const std::vector<ast::ExprPtr>& written : partition) {
      if (written.size() != fields.size()) {
        Span span = written.empty() ? statement_.inline_rows->span
                                    : Span{written.front()->span.begin, written.back()->span.end};
        Diagnostic& d = out_->Error(span, "a row of " + std::to_string(written.size()) + " values");
        d.label = "the source has " + std::to_string(fields.size()) + " fields";
        d.code = "inline-columns";
        ok = false;
        continue;
      }
      std::vector<Datum>& row = rows.emplace_back();
      for (size_t i = 0; i < written.size(); ++i) {
        std::optional<Result<Datum>> value = ConstantAs(*written[i], fields[i].type);
        if (value.has_value() && value->ok()) {
          row.push_back(std::move(*value).value());
          continue;
        }
        Diagnostic& d = out_->Error(written[i]->span,
                                    value.has_value() ? value->error().message : "not a constant");
        d.label = "column " + Quoted(fields[i].name) + " is " + fields[i].type.ToString();
        d.code = value.has_value() ? "bad-literal" : "not-constant";
        ok = false;
      }
    }
  }
  return ok;
}

// Dead letters that name no cluster go to the source's, with its options of the connection.
bool SourceBinder::BindDeadLetterCluster(program::DeadLetter* dead) {
  if (dead->connector != program::Connector::kKafka || dead->options.contains("brokers") ||
      dead->secrets.contains("brokers")) {
    return true;
  }
  const program::Source& spec = source_->spec;
  if (spec.connector != program::Connector::kKafka) {
    Diagnostic& d = out_->Error(statement_.dead_letter->connector.span,
                                "KAFKA dead letters need the option `brokers`");
    d.label = "only those of a KAFKA source know a cluster";
    d.code = "missing-option";
    return false;
  }
  for (const auto& [from, to] :
       {std::pair(&spec.options, &dead->options), std::pair(&spec.secrets, &dead->secrets)}) {
    for (const auto& [name, value] : *from) {
      bool of_connection = name == "brokers" || name == "security.protocol" ||
                           name.starts_with("sasl.") || name.starts_with("ssl.") ||
                           name == "enable.ssl.certificate.verification";
      if (of_connection && !dead->options.contains(name) && !dead->secrets.contains(name)) {
        to->emplace(name, value);
      }
    }
  }
  return true;
}

bool SourceBinder::Bind(bound::Source* source) {
  source_ = source;
  program::Source& spec = source->spec;
  spec.name = statement_.name.text;
  source->span = statement_.name.span;
  bool ok = BindConnector(statement_.from, ConnectorUse::kSource, out_, &spec.connector,
                          &spec.options, &spec.secrets);
  // What the format is matters to the columns; after an unknown connector nothing is known.
  if (ok) {
    ok = BindFormat(statement_.format, statement_.from.connector, ConnectorUse::kSource, out_,
                    &spec.format, &spec.format_options);
  }
  if (statement_.columns.empty()) {
    Diagnostic& d =
        out_->Error(statement_.name.span, "source " + Quoted(spec.name) + " has no columns");
    d.hint = "SOURCE " + spec.name + " (id BIGINT, ts TIMESTAMP) FROM ...";
    d.code = "no-columns";
    ok = false;
  }
  // Fields and metadata first: a computed column may use those after it.
  for (bool computed : {false, true}) {
    for (const ast::ColumnDef& def : statement_.columns) {
      if ((def.computed != nullptr) == computed) ok &= BindColumn(def);
    }
  }
  if (!ok) return false;
  // Names in the order that they were declared: it is the order of `*`.
  std::vector<bound::Visible> ordered;
  for (const ast::ColumnDef& def : statement_.columns) {
    ordered.push_back(*FindVisible(source->schema.names, def.name.text));
  }
  source->schema.names = std::move(ordered);

  program::SourceColumn log_time;
  log_time.name = "LOG_TIME()";
  log_time.type = TypeKind::kTimestamp;
  log_time.from = program::ColumnFrom::kTimestamp;
  source->log_time = AddPhysical(std::move(log_time));

  ok &= BindTime();
  ok &= BindUnique();
  ok &= BindInlineRows();
  if (IsDatagen()) ok &= CheckDatagen(statement_.from, spec, out_);
  spec.max_rate = statement_.max_rate;
  ok &= BindOverload();
  if (statement_.dead_letter.has_value()) {
    program::DeadLetter& dead = spec.dead_letter.emplace();
    ok &= BindConnector(*statement_.dead_letter, ConnectorUse::kDeadLetter, out_, &dead.connector,
                        &dead.options, &dead.secrets);
    ok &= BindDeadLetterCluster(&dead);
  }
  const auto follow = spec.options.find("follow");
  const bool follows = follow != spec.options.end() && follow->second == "true";
  if (follows && spec.options.contains("path") && spec.options.at("path") == "-") {
    Diagnostic& d = out_->Error(statement_.from.connector.span, "stdin can not be followed");
    d.label = "it ends when its writer closes it";
    d.hint = "leave `follow` out: stdin is read until it ends";
    d.code = "bad-option";
    ok = false;
  }
  source->bounded = (spec.connector == program::Connector::kFile && !follows) ||
                    spec.connector == program::Connector::kInline ||
                    ((spec.connector == program::Connector::kNexmark || IsDatagen()) &&
                     spec.options.contains("events"));
  return ok;
}

bool SourceBinder::BindOverload() {
  if (!statement_.overload.has_value()) return true;
  const ast::Name& policy = *statement_.overload;
  auto wrong = [&](Span span, const std::string& message, const std::string& label,
                   const std::string& hint) {
    Diagnostic& d = out_->Error(span, message);
    d.label = label;
    d.hint = hint;
    d.code = "bad-overload";
    return false;
  };
  if (policy.text == "SLOW") {
    if (!statement_.shed_after) return true;
    return wrong(statement_.shed_after->span, "OVERLOAD SLOW takes no length of time",
                 "it waits as long as it takes", "");
  }
  if (policy.text != "SHED") {
    return wrong(policy.span, "unknown policy " + Quoted(policy.text), "",
                 "OVERLOAD SLOW or OVERLOAD SHED 30s");
  }
  if (!statement_.shed_after) {
    return wrong(policy.span, "OVERLOAD SHED needs a length of time", "how long may a record wait?",
                 "OVERLOAD SHED 30s");
  }
  if (source_->spec.connector == program::Connector::kFile) {
    return wrong(policy.span, "OVERLOAD SHED needs offsets that count records",
                 "those of FILE count bytes", "OVERLOAD SLOW: the source is read later");
  }
  source_->spec.overload = program::Overload::kShed;
  source_->spec.shed_after = statement_.shed_after->us;
  return true;
}

}  // namespace

void Binder::BindSource(const ast::SourceStmt& statement) {
  RelationName entry;
  entry.kind = bound::RelationKind::kSource;
  entry.span = statement.name.span;
  bound::Source source;
  entry.broken = !SourceBinder(statement, *this).Bind(&source);
  entry.index = static_cast<int>(script.sources.size());
  if (Declare(statement.name, entry)) script.sources.push_back(std::move(source));
}

}  // namespace flow
