// Binder::BindView: emission, lateness, and what readers of the view may know.
#include <map>

#include "compiler/bind/binder.h"
#include "compiler/bind/literal.h"

namespace flow {

namespace {

// EMIT ON CLOSE has a meaning only for groups of windows that close.
bool CheckOnClose(const ast::ViewStmt& statement, const bound::Facts& facts, Diagnostics* out) {
  if (facts.windowed && !facts.late) return true;
  Diagnostic& d = out->Error(statement.emit_span, "EMIT ON CLOSE needs windows that close");
  d.code = "emit-on-close";
  if (facts.windowed) {
    d.label = "late rows have no watermark, so no window of theirs closes";
    d.hint = "leave it out: the view is emitted as it changes";
  } else if (facts.open_window) {
    d.label = "the view only adds window columns";
    d.hint = "GROUP BY window_start, or leave it out";
  } else if (facts.grouped) {
    d.label = "the view groups by no window of its own FROM";
    d.hint = "GROUP BY window_start of a TUMBLE or HOP call in this view";
  } else {
    d.label = "the view has no window";
    d.hint = "leave it out: rows are emitted as they come";
  }
  return false;
}

// Window calls that judge lateness, by how often their rows are read: a WITH query that is read
// twice counts twice.
class JudgingWindows {
 public:
  explicit JudgingWindows(const bound::Query& query) { count = Count(query); }
  std::shared_ptr<const bound::Relation> one;  // the last one found
  const bound::Relation* unnest = nullptr;     // over such a window
  double count = 0;

 private:
  double Count(const bound::Query& query) {
    auto [known, fresh] = counted_.try_emplace(&query, 0);
    if (!fresh) return known->second;
    double sum = 0;
    for (const bound::Select& select : query.selects) sum += Count(select.from);
    return counted_[&query] = sum;
  }
  double Count(const std::shared_ptr<const bound::Relation>& relation) {
    if (relation->kind == bound::RelationKind::kQuery) return Count(*relation->query);
    if (relation->kind == bound::RelationKind::kUnnest) {
      const double below = Count(relation->inner);
      if (below > 0) unnest = relation.get();
      return below;
    }
    if (relation->kind != bound::RelationKind::kWindow) return 0;
    if (relation->judges_lateness) one = relation;
    return (relation->judges_lateness ? 1 : 0) + Count(relation->inner);
  }
  std::map<const bound::Query*, double> counted_;
};

bool CheckLateness(const ast::ViewStmt& statement, bool has_window, double judging,
                   Diagnostics* out) {
  if (judging == 1 || (judging > 1 && !statement.late_to.has_value())) return true;
  bool late_to = !statement.lateness.has_value() || judging > 1;
  Span span = late_to ? statement.late_to->span : statement.lateness->span;
  const std::string clause = late_to ? "LATE TO" : "ALLOW LATENESS";
  Diagnostic& d = out->Error(
      span, clause + (judging > 1 ? " needs a single window call" : " has nothing to judge here"));
  d.code = "lateness";
  if (judging > 1) {
    d.label = "rows of sources meet several in this view";
    d.hint = "give each window call its own view, and put them together with UNION ALL";
  } else if (!has_window) {
    d.label = "lateness is judged where a source first meets a window";
    d.hint = "this view has no window call";
  } else {
    d.label = "nothing is late above the first window";
    d.hint = "say it in the view where the source first meets a window";
  }
  return false;
}

// What leaves the view after a while must have a time, and must be final by then.
bool CheckRetain(const ast::ViewStmt& statement, const bound::Facts& facts, Diagnostics* out) {
  const ast::Duration& retain = *statement.retain;
  if (retain.us <= 0) {
    out->Error(retain.span, "RETAIN needs a duration over 0").code = "retain";
    return false;
  }
  if (!facts.windowed || facts.late) {
    bool no_time = facts.grouped && !facts.windowed;
    Diagnostic& d =
        out->Error(retain.span, no_time ? "RETAIN needs a time in the key of GROUP BY"
                                        : "not supported yet: RETAIN on a view of this kind");
    d.label = no_time      ? "nothing says when a group of this view is old"
              : facts.late ? "late rows have no watermark"
                           : "the view groups by no window of its own FROM";
    d.hint = "GROUP BY window_start of a TUMBLE or HOP call in this view";
    if (no_time)
      d.hint += "; a view that groups the rows of one with RETAIN forgets what leaves it";
    d.code = no_time ? "retain" : "not-supported-yet";
    return false;
  }
  if (retain.us <= facts.lateness) {
    Diagnostic& d = out->Error(retain.span, "RETAIN must be longer than ALLOW LATENESS");
    d.label = "a window would leave before it is final";
    d.hint = "retain it for longer than " + DurationText(facts.lateness);
    d.code = "retain";
    return false;
  }
  return true;
}

}  // namespace

void Binder::BindView(const ast::ViewStmt& statement) {
  bound::View view;
  view.name = statement.name.text;
  view.span = statement.name.span;
  view.lateness = statement.lateness.has_value() ? statement.lateness->us : 0;
  QueryBinder binder(this, view.lateness);
  view.query = binder.Bind(*statement.query);
  bool ok = view.query != nullptr;

  if (ok) {
    const bound::Facts& facts = view.query->facts;
    view.windowed = facts.windowed;
    switch (statement.emit) {
      case ast::Emit::kDefault:
        view.emit = facts.windowed && !facts.late ? program::EmitKind::kOnClose
                                                  : program::EmitKind::kChanges;
        break;
      case ast::Emit::kOnClose:
        view.emit = program::EmitKind::kOnClose;
        ok &= CheckOnClose(statement, facts, out);
        break;
      case ast::Emit::kEvery:
        view.emit = program::EmitKind::kEvery;
        view.emit_every = statement.emit_every.us;
        if (view.emit_every <= 0) {
          out->Error(statement.emit_every.span, "EMIT EVERY needs a duration over 0").code =
              "bad-emit";
          ok = false;
        }
        break;
      case ast::Emit::kChanges:
        view.emit = program::EmitKind::kChanges;
        break;
    }
    if (statement.lateness.has_value() || statement.late_to.has_value()) {
      JudgingWindows judging(*view.query);
      ok &= CheckLateness(statement, !binder.windows().empty(), judging.count, out);
      if (ok && statement.late_to.has_value() && judging.unnest != nullptr) {
        Diagnostic& d = out->Error(judging.unnest->span,
                                   "not supported yet: UNNEST over a window with LATE TO");
        d.label = "a row is late as a whole, with or without the elements that are filtered";
        d.hint = "unnest inside the window call: TUMBLE((SELECT ... CROSS JOIN UNNEST(...)), 1m)";
        d.code = "not-supported-yet";
        ok = false;
      }
      if (statement.late_to.has_value()) view.late_window = judging.one;
    }
    if (statement.retain.has_value()) {
      ok &= CheckRetain(statement, facts, out);
      view.retain = statement.retain->us;
    }
    bool final_when_closed = view.emit == program::EmitKind::kOnClose && facts.lateness == 0;
    view.append_only = facts.append_only_inputs && (!facts.grouped || final_when_closed);

    // For readers the window columns are columns like others, and the groups are rows.
    view.schema = view.query->schema;
    for (bound::Column& column : view.schema.columns) column.role = bound::WindowRole::kNone;
    view.facts = facts;
    view.facts.window.reset();
    view.facts.window_of_aggregate = false;
    view.facts.windowed = false;
    view.facts.grouped = false;
    view.facts.append_only_inputs = view.append_only && !view.retain.has_value();
    view.facts.retained |= view.retain.has_value();
    view.facts.forgets |= view.retain.has_value();
  }

  RelationName entry;
  entry.kind = bound::RelationKind::kView;
  entry.index = static_cast<int>(script.views.size());
  entry.span = statement.name.span;
  entry.broken = !ok;
  bool declared = Declare(statement.name, entry);
  if (statement.late_to.has_value()) {
    entry.kind = bound::RelationKind::kLate;
    entry.broken |= !declared;
    entry.span = statement.late_to->span;
    if (ok) view.late_name = statement.late_to->text;
    Declare(*statement.late_to, entry);
  }
  if (declared) {
    script.views.push_back(std::move(view));
    sunk.push_back(false);
  }
}

}  // namespace flow
