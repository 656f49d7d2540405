// PrintBound: sources with their physical columns, views clause by clause, sinks.
#include "compiler/bind/bind.h"
#include "compiler/bind/literal.h"
#include "compiler/bind/scope.h"

namespace flow {

namespace {

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

class ScriptPrinter {
 public:
  explicit ScriptPrinter(const BoundScript& script) : script_(script) {}
  std::string text;

  void Source(const bound::Source& source) {
    Line(0, "source " + source.spec.name + (source.bounded ? ", bounded" : ""));
    for (const bound::Visible& visible : source.schema.names) {
      std::string line = visible.name + " " + visible.type.ToString();
      if (visible.expr != nullptr && visible.expr->op != ExprOp::kColumn) {
        line += " = " + ToText(*visible.expr, ColumnNames(source.schema));
      }
      Line(1, line);
    }
    Unique(source);
    if (source.event_time == nullptr) return;
    std::string line = "event time " + ToText(*source.event_time, ColumnNames(source.schema)) +
                       ", watermark " + DurationText(source.spec.watermark_delay);
    if (source.spec.idle.has_value()) line += ", idle " + DurationText(*source.spec.idle);
    if (source.spec.ahead.has_value()) line += ", ahead " + DurationText(*source.spec.ahead);
    Line(1, line);
  }

  void Function(const bound::SqlFunction& function) {
    std::vector<std::string> names;
    for (const bound::SqlFunction::Parameter& parameter : function.parameters) {
      names.push_back(parameter.name);
    }
    Line(0, "function " + function.Signature());
    Line(1, ToText(*function.body, names));
  }

  void View(const bound::View& view) {
    std::string line = "view " + view.name;
    if (view.windowed) line += ", windowed";
    line += view.append_only ? ", append-only" : ", updating";
    switch (view.emit) {
      case program::EmitKind::kOnClose:
        line += ", on close";
        break;
      case program::EmitKind::kEvery:
        line += ", every " + DurationText(view.emit_every);
        break;
      case program::EmitKind::kChanges:
        line += ", changes";
        break;
    }
    if (!view.late_name.empty()) line += ", late to " + view.late_name;
    Line(0, line);
    Query(*view.query, 1);
  }

  void Sink(const program::Sink& sink) {
    Line(0, "sink " + sink.name + " from " + script_.views[static_cast<size_t>(sink.view)].name +
                (sink.upsert ? ", upsert" : ", append"));
  }

 private:
  void Unique(const bound::Source& source) {
    if (source.unique_keys.empty()) return;
    std::string line = "unique by";
    for (const BoundExprPtr& key : source.unique_keys) {
      line +=
          (key == source.unique_keys[0] ? " " : ", ") + ToText(*key, ColumnNames(source.schema));
    }
    Line(1, line + " within " + DurationText(*source.spec.unique_within) +
                (source.spec.unique_per_partition ? " per partition" : ""));
  }
  void Line(int depth, const std::string& line) {
    text += std::string(static_cast<size_t>(depth) * 2, ' ') + line + "\n";
  }

  void Query(const bound::Query& query, int depth) {
    for (const bound::Select& select : query.selects) Select(select, depth);
  }

  void Select(const bound::Select& select, int depth) {
    std::vector<std::string> names = ColumnNames(select.from->schema);
    std::vector<std::string> input = names;
    if (select.grouping.has_value()) input = GroupingNames(*select.grouping);
    const std::vector<std::string> ranked = input;
    if (select.ranking.has_value()) input = RankingNames(*select.ranking);
    std::vector<std::string> outputs;
    for (size_t i = 0; i < select.outputs.size(); ++i) {
      std::string expr = ToText(*select.outputs[i], input);
      const std::string& name = select.names[i];
      outputs.push_back((expr == name ? expr : expr + " AS " + name) + " " +
                        select.outputs[i]->type.ToString());
    }
    Line(depth, std::string(select.distinct.has_value() ? "select distinct " : "select ") +
                    Joined(outputs));
    if (select.ranking.has_value()) Ranking(*select.ranking, ranked, depth + 1);
    if (select.having != nullptr) Line(depth + 1, "having " + ToText(*select.having, ranked));
    if (select.grouping.has_value()) {
      std::vector<std::string> keys;
      for (const BoundExprPtr& key : select.grouping->keys) keys.push_back(ToText(*key, names));
      if (select.grouping->by_start) keys.emplace_back("window_start");
      if (select.grouping->by_end) keys.emplace_back("window_end");
      Line(depth + 1, keys.empty() ? "group all" : "group by " + Joined(keys));
    }
    if (select.where != nullptr) Line(depth + 1, "where " + ToText(*select.where, names));
    Relation(*select.from, depth + 1);
  }

  static std::vector<std::string> GroupingNames(const bound::Grouping& grouping) {
    std::vector<std::string> names = grouping.key_names;
    for (const bound::AggregateCall& call : grouping.calls) names.push_back(call.text);
    names.emplace_back("window_start");
    names.emplace_back("window_end");
    return names;
  }

  void Ranking(const bound::Ranking& ranking, const std::vector<std::string>& input, int depth) {
    std::string line = ranking.groups.calls[0].text;
    std::vector<std::string> keys;
    for (const BoundExprPtr& key : ranking.groups.keys) keys.push_back(ToText(*key, input));
    if (ranking.groups.by_start) keys.emplace_back("window_start");
    if (ranking.groups.by_end) keys.emplace_back("window_end");
    Line(depth, line + (keys.empty() ? "" : " of each " + Joined(keys)));
  }

  static std::vector<std::string> RankingNames(const bound::Ranking& ranking) {
    std::vector<std::string> names = ranking.groups.key_names;
    for (const bound::Ranking::Part& part : ranking.parts) names.push_back(part.name);
    names.insert(names.end(), {"ROW_NUMBER()", "window_start", "window_end"});
    return names;
  }

  void Relation(const bound::Relation& relation, int depth) {
    switch (relation.kind) {
      case bound::RelationKind::kSource:
        Line(depth,
             "from source " + script_.sources[static_cast<size_t>(relation.index)].spec.name);
        return;
      case bound::RelationKind::kView:
        Line(depth, "from view " + script_.views[static_cast<size_t>(relation.index)].name);
        return;
      case bound::RelationKind::kLate:
        Line(depth, "from late " + script_.views[static_cast<size_t>(relation.index)].late_name);
        return;
      case bound::RelationKind::kWindow: {
        const program::Window& window = relation.window;
        if (window.kind == program::WindowKind::kSession) {
          std::string text = "from session gap " + DurationText(window.size);
          for (size_t i = 0; i < relation.session.size(); ++i) {
            text += (i == 0 ? " by " : ", ") +
                    ToText(*relation.session[i], ColumnNames(relation.inner->schema));
          }
          if (relation.judges_lateness) text += ", lateness " + DurationText(window.lateness);
          Line(depth, text);
          Relation(*relation.inner, depth + 1);
          return;
        }
        const bool tumble = window.kind == program::WindowKind::kTumble;
        std::string line = tumble                                          ? "from tumble "
                           : window.kind == program::WindowKind::kCumulate ? "from cumulate "
                                                                           : "from hop ";
        line += DurationText(window.size);
        if (!tumble) {
          line += " every " + DurationText(window.slide);
        }
        if (window.offset != 0) line += " offset " + DurationText(window.offset);
        if (relation.judges_lateness) line += ", lateness " + DurationText(window.lateness);
        Line(depth, line);
        Relation(*relation.inner, depth + 1);
        return;
      }
      case bound::RelationKind::kUnnest: {
        std::string line = relation.outer ? "from left unnest " : "from unnest ";
        line += ToText(*relation.array, ColumnNames(relation.inner->schema));
        if (relation.ordinality) line += " with ordinality";
        Line(depth, line);
        Relation(*relation.inner, depth + 1);
        return;
      }
      case bound::RelationKind::kQuery:
        Line(depth, "from query");
        Query(*relation.query, depth + 1);
        return;
    }
  }

  const BoundScript& script_;
};

}  // namespace

std::string PrintBound(const BoundScript& script) {
  ScriptPrinter printer(script);
  for (const bound::Source& source : script.sources) printer.Source(source);
  for (const auto& function : script.functions) printer.Function(*function);
  for (const bound::View& view : script.views) printer.View(view);
  for (const program::Sink& sink : script.sinks) printer.Sink(sink);
  return std::move(printer.text);
}

}  // namespace flow
