// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// The parts of lowered programs: layouts, flags, what rules and options change, and what they do
// not.
#include <algorithm>
#include <bit>

#include "runtime/program/layout.h"
#include "tests/support/plan_text.h"

namespace flow {
namespace {

using program::AggregateCall;
using program::AggregateFn;

const std::string kSources =
    "SOURCE s (k STRING, n INT, d DECIMAL(10,2), x DOUBLE, ts TIMESTAMP) FROM FILE (path = 's')"
    " FORMAT JSON EVENT TIME ts WATERMARK 10s;"
    "SOURCE t (k STRING, at TIMESTAMP) FROM FILE (path = 't') FORMAT JSON"
    " EVENT TIME at WATERMARK 0s;";

// Scripts whose results do not depend on rules; used by several tests.
const std::vector<std::string> kScripts = {
    "VIEW v AS SELECT k, n + 1 AS m FROM s WHERE n > 1 + 2;",
    "VIEW v AS SELECT m FROM (SELECT k, n * 2 AS m FROM s WHERE n > 0) AS q WHERE m < 10 AND k = "
    "'a';",
    "VIEW a AS SELECT k, n, ts FROM s WHERE n / 2 > 1; VIEW v AS SELECT k, COUNT(*) AS c FROM "
    "TUMBLE(a, 1m) WHERE k <> 'x' GROUP BY k, window_start;",
    "VIEW v AS SELECT k, window_start, SUM(d) AS c FROM TUMBLE(s, 1m) GROUP BY k, window_start "
    "ALLOW LATENESS 1h LATE TO l; VIEW w AS SELECT k, n FROM l WHERE n > 3;",
    "VIEW v AS SELECT window_end, COUNT(*) AS c FROM HOP(s, 1h EVERY 1m) WHERE n > 2 GROUP BY "
    "window_end; VIEW w AS SELECT window_start, SUM(c) AS c FROM TUMBLE(v, 1d) GROUP BY "
    "window_start;",
    "VIEW v AS SELECT k FROM (SELECT k, n FROM s UNION ALL SELECT k, 1 FROM t) AS u WHERE n = 1;",
    "VIEW v AS SELECT DISTINCT k FROM s; VIEW w AS SELECT COUNT(*) AS c FROM v;",
    "VIEW v AS SELECT k, window_start, MAX(c) AS m FROM (SELECT k, n, window_start, COUNT(*) AS c "
    "FROM TUMBLE(s, 1m) GROUP BY k, n, window_start) AS q GROUP BY k, window_start EMIT EVERY 1s;",
};

AggregateCall Call(AggregateFn fn, int argument, Type type, Type result) {
  AggregateCall call;
  call.fn = fn;
  call.argument = argument;
  call.argument_type = std::move(type);
  call.result_type = std::move(result);
  return call;
}

TEST(Layout, CellsByFallingWidth) {
  std::vector<Type> keys = {TypeKind::kBoolean, TypeKind::kString, TypeKind::kInt,
                            TypeKind::kTimestamp};
  std::vector<AggregateCall> calls = {
      Call(AggregateFn::kCountRows, -1, {}, TypeKind::kBigint),
      Call(AggregateFn::kSum, 4, Type::Decimal(10, 2), Type::Decimal(38, 2)),
      Call(AggregateFn::kMin, 5, TypeKind::kInt, TypeKind::kInt),
      Call(AggregateFn::kAvg, 6, Type::Decimal(30, 2), Type::Decimal(38, 6))};
  program::AggregateLayout layout = program::LayOut(keys, calls, false);
  ASSERT_EQ(layout.keys.size(), 4u);
  EXPECT_EQ(layout.keys[1].offset, 8);  // the widest first, behind the header
  EXPECT_EQ(layout.accumulators[3].offset, 24);
  EXPECT_EQ(layout.accumulators[3].size, 16);
  EXPECT_EQ(layout.keys[3].offset, 40);
  EXPECT_EQ(layout.accumulators[0].count, 48);
  EXPECT_EQ(layout.accumulators[1].offset, 56);
  EXPECT_EQ(layout.accumulators[1].size, 8);
  EXPECT_EQ(layout.accumulators[1].count, -1);  // whether there is a value, the sum says
  EXPECT_EQ(layout.accumulators[3].count, 64);
  EXPECT_EQ(layout.keys[2].offset, 72);
  EXPECT_EQ(layout.accumulators[2].offset, 76);
  EXPECT_EQ(layout.keys[0].offset, 80);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(layout.keys[i].null.offset, 7);
    EXPECT_EQ(layout.keys[i].null.mask, 1 << i);
  }
  EXPECT_EQ(layout.accumulators[2].null.mask, 16);
  EXPECT_EQ(layout.entry_size, 88);
  EXPECT_EQ(layout.live_offset, -1);
  EXPECT_FALSE(layout.needs_destroy);
  EXPECT_TRUE(layout.may_spill);
}

// What the documentation says of a count and a DECIMAL sum by a BIGINT.
TEST(Layout, CountAndSumTake32Bytes) {
  std::vector<AggregateCall> calls = {
      Call(AggregateFn::kCountRows, -1, {}, TypeKind::kBigint),
      Call(AggregateFn::kSum, 1, Type::Decimal(12, 2), Type::Decimal(38, 2))};
  EXPECT_EQ(program::LayOut({TypeKind::kBigint}, calls, false).entry_size, 32);
}

TEST(Layout, UpdatingInputCountsRowsAndKeepsMultisets) {
  std::vector<AggregateCall> calls = {
      Call(AggregateFn::kMax, 0, TypeKind::kString, TypeKind::kString),
      Call(AggregateFn::kSum, 1, TypeKind::kDouble, TypeKind::kDouble),
      Call(AggregateFn::kCountRows, -1, {}, TypeKind::kBigint)};
  program::AggregateLayout layout = program::LayOut({}, calls, true);
  EXPECT_EQ(layout.accumulators[1].offset, 8);
  EXPECT_EQ(layout.accumulators[1].size, 16);
  EXPECT_EQ(layout.live_offset, 24);
  EXPECT_EQ(layout.accumulators[0].size, 8);
  EXPECT_GE(layout.accumulators[1].count, 0);
  EXPECT_TRUE(layout.accumulators[2].shared);
  EXPECT_EQ(layout.accumulators[2].count, layout.live_offset);
  EXPECT_TRUE(layout.needs_destroy);
}

// No two cells overlap, everything is aligned and inside the entry.
TEST(Layout, CellsAreApart) {
  const Type types[] = {TypeKind::kBoolean, TypeKind::kInt,      TypeKind::kBigint,
                        TypeKind::kDouble,  TypeKind::kDate,     TypeKind::kTimestamp,
                        TypeKind::kString,  Type::Decimal(20, 3)};
  const AggregateFn fns[] = {AggregateFn::kCount, AggregateFn::kSum, AggregateFn::kAvg,
                             AggregateFn::kMin, AggregateFn::kMax};
  unsigned seed = 12345;
  auto next = [&](unsigned n) { return (seed = seed * 1664525u + 1013904223u) / 65536u % n; };
  for (int round = 0; round < 500; ++round) {
    std::vector<Type> keys(next(12));
    for (Type& key : keys) key = types[next(8)];
    std::vector<AggregateCall> calls;
    for (unsigned i = next(6); i > 0; --i) {
      AggregateFn fn = fns[next(5)];
      bool sum = fn == AggregateFn::kSum || fn == AggregateFn::kAvg;
      const Type sums[] = {TypeKind::kBigint, TypeKind::kDouble, Type::Decimal(9, 1),
                           Type::Decimal(38, 1)};
      Type type = sum ? sums[next(4)] : types[next(8)];
      calls.push_back(Call(fn, 0, type, type));
    }
    bool updating = next(2) == 0;
    program::AggregateLayout layout = program::LayOut(keys, calls, updating);
    // In bits; those of the header but for its NULLs are taken.
    std::vector<std::pair<int, int>> cells = {{0, 7 * 8}};
    auto add = [&](int offset, int size) {
      EXPECT_EQ(offset % std::min(size, 8), 0);
      cells.emplace_back(offset * 8, size * 8);
    };
    auto add_bit = [&](const program::NullBit& null) {
      ASSERT_EQ(null.mask & (null.mask - 1), 0);
      cells.emplace_back(null.offset * 8 + std::countr_zero(null.mask), 1);
    };
    for (const program::Cell& key : layout.keys) {
      add(key.offset, key.type.width());
      add_bit(key.null);
    }
    if (updating) add(layout.live_offset, 8);
    for (const program::Accumulator& a : layout.accumulators) {
      if (a.offset >= 0) add(a.offset, a.size);
      if (a.count >= 0) add(a.count, 8);
      if (a.null.mask != 0) add_bit(a.null);
    }
    std::sort(cells.begin(), cells.end());
    for (size_t i = 1; i < cells.size(); ++i) {
      EXPECT_GE(cells[i].first, cells[i - 1].first + cells[i - 1].second);
    }
    EXPECT_LE(cells.back().first + cells.back().second, layout.entry_size * 8);
    EXPECT_EQ(layout.entry_size % 8, 0);
  }
}

TEST(Lower, EveryPartIsConsistent) {
  for (const std::string& script : kScripts) {
    SCOPED_TRACE(script);
    LoweredProgram lowered = test::LowerText(kSources + script);
    const program::Program& program = lowered.program;
    ASSERT_EQ(lowered.pipelines.size(), program.pipelines.size());
    for (size_t i = 0; i < program.pipelines.size(); ++i) {
      const program::Pipeline& pipeline = program.pipelines[i];
      const PipelineSpec& spec = lowered.pipelines[i];
      const int inputs = static_cast<int>(pipeline.input.size());
      ASSERT_EQ(spec.outputs.size(), pipeline.output.size());
      ASSERT_EQ(pipeline.checked.size(), pipeline.output.size());
      auto check = [&](const BoundExprPtr& expr, int columns) {
        if (expr == nullptr) return;
        std::vector<int> used;
        CollectColumns(*expr, &used);
        for (int column : used) {
          EXPECT_GE(column, 0);
          EXPECT_LT(column, columns);
        }
      };
      check(spec.filter, inputs);
      check(spec.time, inputs);
      check(spec.late_time, inputs);
      bool slices = pipeline.window && pipeline.window->mode == program::WindowMode::kSlice;
      int columns = inputs + (pipeline.window.has_value() && !slices ? 2 : 0);
      check(spec.window_filter, columns);
      for (size_t c = 0; c < spec.outputs.size(); ++c) {
        check(spec.outputs[c], columns);
        EXPECT_TRUE(spec.outputs[c]->type == pipeline.output[c]);
        EXPECT_FALSE(pipeline.output[c].is(TypeKind::kNull));
      }
      EXPECT_EQ(pipeline.window.has_value(), spec.time != nullptr);
      EXPECT_EQ(pipeline.late_of.has_value(), spec.late_time != nullptr);
    }
    for (size_t a = 0; a < program.aggregates.size(); ++a) {
      const program::Aggregate& aggregate = program.aggregates[a];
      for (const program::Edge& edge : aggregate.inputs) {
        const program::Pipeline& pipeline = program.pipelines[static_cast<size_t>(edge.pipeline)];
        if (edge.from == program::PartKind::kAggregate) {
          EXPECT_LT(edge.index, static_cast<int>(a));
        }
        EXPECT_TRUE(pipeline.hashes);
        EXPECT_EQ(pipeline.key_count, static_cast<int>(aggregate.key_types.size()));
        if (aggregate.window.has_value()) {
          ASSERT_TRUE(pipeline.window.has_value());
          EXPECT_EQ(pipeline.window->mode, aggregate.window->mode);
          EXPECT_EQ(pipeline.window->size, aggregate.window->size);
        }
      }
      size_t extra = aggregate.window.has_value() ? 2 : 0;
      EXPECT_EQ(aggregate.output.size(),
                aggregate.key_types.size() + aggregate.calls.size() + extra);
    }
  }
}

// What the binder tells sinks and what the program does must be the same.
TEST(Lower, KeyAndAppendOnlyAsBound) {
  for (const std::string& script : kScripts) {
    SCOPED_TRACE(script);
    test::BoundText bound = test::BindText(kSources + script);
    LoweredProgram lowered = test::LowerText(kSources + script);
    ASSERT_EQ(bound.script.views.size(), lowered.program.views.size());
    for (size_t i = 0; i < bound.script.views.size(); ++i) {
      EXPECT_EQ(bound.script.views[i].append_only, lowered.program.views[i].append_only);
      EXPECT_EQ(bound.script.views[i].windowed, lowered.program.views[i].windowed);
      EXPECT_EQ(bound.script.views[i].schema.key, lowered.program.views[i].key);
    }
  }
}

TEST(Rules, FiltersAreOneConjunctionWithOrWithoutPushdown) {
  for (const std::string& script : kScripts) {
    EXPECT_EQ(PrintStream(test::LowerText(kSources + script).program),
              PrintStream(test::LowerText(kSources + script, {"filter-pushdown"}).program))
        << script;
  }
}

// What a term looks at only as it is written, and no more when it is folded, decides nothing.
TEST(Rules, FoldingMovesNoTerm) {
  const std::string sources =
      "SOURCE s (k STRING, n INT, a ARRAY<INT>, ts TIMESTAMP) FROM FILE (path = 's') FORMAT JSON"
      " EVENT TIME ts WATERMARK 10s;";
  auto same = [&](const std::string& view) {
    const std::string script = sources + "VIEW v AS " + view + ";";
    EXPECT_EQ(PrintStream(test::LowerText(script).program),
              PrintStream(test::LowerText(script, {"constant-folding"}).program))
        << script;
  };
  same("SELECT k, x FROM s, UNNEST(a) AS u(x) WHERE (x = 1 AND 1 = 2) OR n > 3");
  same("SELECT k, x FROM s, UNNEST(a) AS u(x) WHERE CASE WHEN FALSE THEN x ELSE n END > 3");
  same(
      "SELECT k, COUNT(*) AS c FROM TUMBLE(s, 1m) WHERE (window_start IS NULL AND FALSE) OR n > 3"
      " GROUP BY k, window_end");
  same("SELECT k, x FROM s, UNNEST(a) AS u(x) WHERE CASE WHEN TRUE THEN n > 3 AND x > 1 END");
}

TEST(Rules, EachCanBeSwitchedOff) {
  const std::string script = kSources +
                             "VIEW v AS SELECT k, window_end, SUM(n) AS c FROM "
                             "HOP(s, 10m EVERY 1m) WHERE n > 1 + 2 GROUP BY k, window_end;";
  auto stream = [&](const std::vector<std::string>& off) {
    return PrintStream(test::LowerText(script, off).program);
  };
  EXPECT_NE(stream({}).find("n > 3"), std::string::npos);
  EXPECT_NE(stream({"constant-folding"}).find("n > (1 + 2)"), std::string::npos);

  EXPECT_EQ(test::LowerText(script).program.sources[0].columns.size(), 3u);
  EXPECT_EQ(test::LowerText(script, {"projection-pushdown"}).program.sources[0].columns.size(), 5u);

  program::Aggregate sliced = test::LowerText(script).program.aggregates[0];
  EXPECT_EQ(sliced.window->mode, program::WindowMode::kSlice);
  program::Aggregate expanded = test::LowerText(script, {"window-slices"}).program.aggregates[0];
  EXPECT_EQ(expanded.window->mode, program::WindowMode::kExpand);

  EXPECT_TRUE(sliced.partial);
  LoweredProgram whole = test::LowerText(script, {"partial-aggregation"});
  EXPECT_FALSE(whole.program.aggregates[0].partial);
  EXPECT_EQ(PrintBatch(whole.program).find("partial aggregate"), std::string::npos);

  EXPECT_TRUE(test::PlanText(script).common_subexpressions);
  EXPECT_FALSE(test::PlanText(script, {"common-subexpressions"}).common_subexpressions);

  EXPECT_TRUE(test::PlanText(script).late_decoding);
  EXPECT_FALSE(test::PlanText(script, {"late-decoding"}).late_decoding);
  EXPECT_EQ(RuleNames().size(), 7u);
}

// What is stated for the cluster of a source's dead letters, and what comes from the source.
TEST(Lower, DeadLettersGoToTheClusterOfTheirSource) {
  LoweredProgram lowered = test::LowerText(
      "SOURCE e (a INT) FROM KAFKA (brokers = 'b', topic = 'e', sasl.username = 'u', sasl.password "
      "= SECRET('PW'), fetch.min.bytes = 7) FORMAT JSON MAX RATE 5 OVERLOAD SLOW DEAD LETTER TO "
      "KAFKA (topic = 'd', sasl.username = 'v'); VIEW v AS SELECT a FROM e;");
  const program::Source& source = lowered.program.sources[0];
  EXPECT_EQ(source.max_rate, 5);
  ASSERT_TRUE(source.dead_letter.has_value());
  EXPECT_EQ(source.dead_letter->connector, program::Connector::kKafka);
  EXPECT_EQ(source.dead_letter->options,
            (program::Options{{"brokers", "b"}, {"sasl.username", "v"}, {"topic", "d"}}));
  EXPECT_EQ(source.dead_letter->secrets, (program::Options{{"sasl.password", "PW"}}));
}

TEST(Lower, ChoosesViews) {
  const std::string script = kSources +
                             "VIEW a AS SELECT k FROM s; VIEW b AS SELECT k, COUNT(*) AS n FROM a "
                             "GROUP BY k; VIEW c AS SELECT n FROM b; VIEW d AS SELECT k FROM t;";
  auto views = [&](const std::string& sinks, LowerOptions options) {
    LoweredProgram lowered = Lower(test::PlanText(script + sinks), options);
    std::string names;
    for (const program::View& view : lowered.program.views) names += view.name + " ";
    for (const program::Sink& sink : lowered.program.sinks) {
      names += sink.name + "=" + std::to_string(sink.view) + " ";
    }
    for (const program::Source& source : lowered.program.sources) names += source.name;
    return names;
  };
  EXPECT_EQ(views("", {}), "d t");
  EXPECT_EQ(views("SINK x FROM c INTO STDOUT;", {}), "c x=0 s");
  LowerOptions named;
  named.views = {"b", "d"};
  named.sinks = false;
  EXPECT_EQ(views("SINK x FROM c INTO STDOUT;", named), "b d st");
  LowerOptions all;
  all.all_views = true;
  EXPECT_EQ(views("SINK x FROM c INTO STDOUT;", all), "a b c d x=2 st");
}

TEST(Lower, LateRowsThatMeetAWindowAreNotJudgedAgain) {
  LoweredProgram lowered = test::LowerText(
      kSources +
      "VIEW v AS SELECT window_start, COUNT(*) AS c FROM TUMBLE(s, 1m) WHERE k = 'a' GROUP BY "
      "window_start ALLOW LATENESS 5m LATE TO l;"
      "VIEW w AS SELECT window_start, COUNT(*) AS c FROM HOP(l, 2m EVERY 1m) WHERE n > 1 GROUP BY "
      "window_start;");
  const program::Aggregate& late = lowered.program.aggregates[1];
  const size_t number = static_cast<size_t>(late.inputs[0].pipeline);
  const program::Pipeline& pipeline = lowered.program.pipelines[number];
  EXPECT_TRUE(pipeline.judges_lateness);  // it needs the watermark
  EXPECT_EQ(pipeline.late_of->lateness, 300000000);
  EXPECT_EQ(pipeline.window->lateness, 0);
  EXPECT_TRUE(late.no_watermark);
  EXPECT_TRUE(late.watermark_sources.empty());
  EXPECT_FALSE(late.on_close);
  EXPECT_EQ(ToText(*lowered.pipelines[number].filter, {"k", "n", "ts"}), "(k = 'a') AND (n > 1)");
}

TEST(Lower, LatenessAddsUpAlongAChainOfWindows) {
  LoweredProgram lowered = test::LowerText(
      kSources +
      "VIEW m AS SELECT k, window_start, COUNT(*) AS c FROM TUMBLE(s, 1m) GROUP BY k, window_start "
      "ALLOW LATENESS 1h;"
      "VIEW h AS SELECT k, window_start, SUM(c) AS c FROM TUMBLE(m, 1h) GROUP BY k, window_start;"
      "VIEW u AS SELECT window_start, COUNT(*) AS c FROM TUMBLE((SELECT c FROM h UNION ALL SELECT "
      "1 "
      "FROM t), 1d) GROUP BY window_start;");
  const std::vector<program::Aggregate>& aggregates = lowered.program.aggregates;
  ASSERT_EQ(aggregates.size(), 3u);
  for (const program::Aggregate& aggregate : aggregates) {
    EXPECT_EQ(aggregate.state_lateness, 3600000000);
    EXPECT_TRUE(aggregate.on_close);
    EXPECT_TRUE(aggregate.updating_output);
  }
  EXPECT_FALSE(aggregates[0].updating_input);
  EXPECT_TRUE(aggregates[1].updating_input);
  EXPECT_EQ(aggregates[2].watermark_sources, (std::vector<int>{0, 1}));
  // Judged where the source first meets a window, and only there.
  auto judges = [&](size_t aggregate, size_t input) {
    size_t pipeline = static_cast<size_t>(aggregates[aggregate].inputs[input].pipeline);
    return lowered.program.pipelines[pipeline].judges_lateness;
  };
  EXPECT_TRUE(judges(0, 0));
  EXPECT_FALSE(judges(1, 0));
  EXPECT_FALSE(judges(2, 0));
  EXPECT_TRUE(judges(2, 1));
  EXPECT_EQ(lowered.program.views[2].lateness, 3600000000);
}

TEST(Lower, KeysOfViews) {
  auto key = [&](const std::string& view) {
    LoweredProgram lowered = test::LowerText(kSources + view);
    const program::View& last = lowered.program.views.back();
    EXPECT_EQ(test::BindText(kSources + view).script.views.back().schema.key, last.key);
    std::string text;
    for (int column : last.key) text += last.columns[static_cast<size_t>(column)] + " ";
    text += "start " + std::to_string(last.window_start_column) + " end " +
            std::to_string(last.window_end_column);
    return text;
  };
  EXPECT_EQ(key("VIEW v AS SELECT COUNT(*) AS c, n, k AS kk FROM s GROUP BY k, n;"),
            "kk n start -1 end -1");
  EXPECT_EQ(key("VIEW v AS SELECT COUNT(*) AS c, n FROM s GROUP BY k, n;"), "start -1 end -1");
  EXPECT_EQ(key("VIEW v AS SELECT upper(k) AS u, COUNT(*) AS c FROM s GROUP BY k;"),
            "start -1 end -1");
  EXPECT_EQ(key("VIEW v AS SELECT k, window_end AS e, COUNT(*) AS c FROM TUMBLE(s, 1m) "
                "GROUP BY k, window_start;"),
            "k e start -1 end 1");
  EXPECT_EQ(key("VIEW v AS SELECT k, window_start, window_end, COUNT(*) AS c FROM TUMBLE(s, 1m) "
                "GROUP BY k, window_start, window_end;"),
            "k window_start window_end start 1 end 2");
  EXPECT_EQ(key("VIEW v AS SELECT DISTINCT k, n FROM s;"), "k n start -1 end -1");
  EXPECT_EQ(key("VIEW a AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;"
                "VIEW v AS SELECT c, k AS name FROM a WHERE c > 1;"),
            "name start -1 end -1");
  EXPECT_EQ(key("VIEW v AS SELECT k, COUNT(*) AS c FROM s GROUP BY k UNION ALL SELECT 'all', "
                "COUNT(*) FROM s;"),
            "start -1 end -1");
}

TEST(Lower, SourceColumns) {
  LoweredProgram lowered = test::LowerText(
      "SOURCE e (id BIGINT NOT NULL, who STRUCT<name STRING, home STRUCT<city STRING>>, tag STRING "
      "FROM '$.tags[0].\"a b\"', p INT META partition, day DATE AS CAST(at AS DATE), at TIMESTAMP) "
      "FROM KAFKA (brokers = 'b', topic = 'e', sasl.password = SECRET('PW')) FORMAT JSON "
      "EVENT TIME at WATERMARK 1s;"
      "VIEW v AS SELECT day, p, who.home.city, tag, id, LOG_TIME() AS l FROM e "
      "WHERE who IS NOT NULL;");
  const program::Source& source = lowered.program.sources[0];
  std::string columns;
  for (const program::SourceColumn& column : source.columns) {
    columns += column.name + " " + column.type.ToString() + " " +
               std::to_string(static_cast<int>(column.from)) + " " +
               std::to_string(column.position) + (column.not_null ? "!" : "");
    for (const program::PathStep& step : column.path) {
      columns += step.index >= 0 ? "[" + std::to_string(step.index) + "]" : "/" + step.key;
    }
    columns += "\n";
  }
  EXPECT_EQ(columns,
            "id BIGINT 0 0!/id\n"
            "who IS NOT NULL BOOLEAN 1 -1/who\n"
            "who.home.city STRING 0 2/who/home/city\n"
            "tag STRING 0 3/tags[0]/a b\n"
            "p INT 2 -1\n"
            "at TIMESTAMP 0 4/at\n"
            "LOG_TIME() TIMESTAMP 4 -1\n");
  EXPECT_EQ(source.declared.size(), 5u);
  EXPECT_EQ(source.event_time_column, 5);
  EXPECT_EQ(source.secrets.at("sasl.password"), "PW");
  EXPECT_FALSE(source.options.contains("sasl.password"));
}

TEST(Lower, ComputedEventTimeIsAPipeline) {
  LoweredProgram lowered = test::LowerText(
      "SOURCE e (ms BIGINT, ts TIMESTAMP AS make_timestamp_ms(ms)) FROM FILE (path = 'e') FORMAT "
      "JSON EVENT TIME ts WATERMARK 1s; VIEW v AS SELECT COUNT(*) AS n FROM TUMBLE(e, 1m) GROUP BY "
      "window_start;");
  const program::Source& source = lowered.program.sources[0];
  EXPECT_EQ(source.event_time_column, -1);
  ASSERT_GE(source.event_time_pipeline, 0);
  size_t number = static_cast<size_t>(source.event_time_pipeline);
  EXPECT_EQ(lowered.program.pipelines[number].checked, std::vector<bool>{false});
  EXPECT_EQ(ToText(*lowered.pipelines[number].outputs[0], {"ms"}), "make_timestamp_ms(ms)");
}

TEST(Lower, InlineRows) {
  LoweredProgram lowered = test::LowerText(
      "SOURCE e (n INT, o BIGINT META offset, d DECIMAL(6,2), s STRING, ts TIMESTAMP) FROM INLINE "
      "(VALUES (1, 2.345, 'a', '2026-01-01'), (-1, NULL, NULL, TIMESTAMP '2026-01-01 00:00:01') "
      "PARTITION 1 VALUES (0, 1e2, '', NULL)); VIEW v AS SELECT n FROM e;");
  const auto& rows = lowered.program.sources[0].inline_rows;
  ASSERT_EQ(rows.size(), 2u);
  std::string text;
  for (const auto& partition : rows) {
    for (const auto& row : partition) {
      for (const Datum& value : row) text += ToSql(value) + " ";
      text += "\n";
    }
  }
  EXPECT_EQ(text,
            "1 2.35 'a' TIMESTAMP '2026-01-01 00:00:00' \n"
            "-1 NULL NULL TIMESTAMP '2026-01-01 00:00:01' \n"
            "0 100.00 '' NULL \n");
}

TEST(Lower, FingerprintLeavesOutAddresses) {
  auto fingerprint = [](const std::string& brokers, const std::string& filter) {
    return test::LowerText("SOURCE e (n INT) FROM KAFKA (brokers = '" + brokers +
                           "', topic = 'e') FORMAT JSON; VIEW v AS SELECT n FROM e WHERE n > " +
                           filter + ";")
        .program.fingerprint;
  };
  EXPECT_EQ(fingerprint("a:1", "3"), fingerprint("b:2", "3"));
  EXPECT_NE(fingerprint("a:1", "3"), fingerprint("a:1", "4"));
}

}  // namespace
}  // namespace flow
