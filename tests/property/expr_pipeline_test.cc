// links: compiler/interpret compiler/codegen
// labels: asan
// Random expressions and pipelines over random rows: the interpreter and both tiers of generated
// code give the same cells, statuses, hashes, dead rows and counters. FLOW_CASES says how many
// programs, FLOW_SEED runs one of them.
#include <gtest/gtest.h>

#include <set>

#include "tests/property/expr_engines.h"
#include "tests/property/expr_random.h"
#include "tests/property/kernel_fixture.h"
#include "tests/support/quick.h"

namespace flow::kernel_test {
namespace {

using Lines = std::vector<std::string>;

std::vector<std::string> ColumnNames(const std::vector<Type>& types) {
  std::vector<std::string> names;
  for (size_t i = 0; i < types.size(); ++i) names.push_back("c" + std::to_string(i));
  names.push_back("window_start");
  names.push_back("window_end");
  return names;
}

std::string DescribeRow(const Batch& batch, int32_t row) {
  std::string text;
  for (int32_t c = 0; c < batch.column_count(); ++c) {
    const Type& type = batch.types()[static_cast<size_t>(c)];
    text += "  c" + std::to_string(c) + " " + type.ToString() + " = " +
            CellBits(batch.column(c), type, row) + "\n";
  }
  return text;
}

void AddPipeline(LoweredProgram* program, program::Pipeline pipeline, PipelineSpec spec) {
  pipeline.name = "p" + std::to_string(program->pipelines.size());
  program->program.pipelines.push_back(std::move(pipeline));
  program->pipelines.push_back(std::move(spec));
}

void AddProjection(LoweredProgram* program, const std::vector<Type>& input, BoundExprPtr e) {
  program::Pipeline pipeline;
  pipeline.input = input;
  pipeline.output = {e->type};
  pipeline.checked = {false};
  PipelineSpec spec;
  spec.outputs = {std::move(e)};
  AddPipeline(program, std::move(pipeline), std::move(spec));
}

// Every distinct part of an expression, smaller ones first.
void CollectParts(const BoundExprPtr& e, std::vector<BoundExprPtr>* parts,
                  std::set<const BoundExpr*>* seen) {
  if (!seen->insert(e.get()).second) return;
  for (const BoundExprPtr& child : e->children) CollectParts(child, parts, seen);
  parts->push_back(e);
}

// What the engines give for one pipeline, cut into calls of `step` rows.
Lines RunInSteps(const LoweredProgram& program, size_t index, const Batch& batch,
                 const std::vector<int64_t>& watermark, uint64_t mask, int32_t step) {
  const program::Pipeline& pipeline = program.program.pipelines[index];
  Lines lines;
  Arena arena;
  for (int32_t first = 0; first < batch.rows; first += step) {
    const PipelineRun run =
        RunPipeline(*pipeline.kernel->Load(), pipeline, batch, first,
                    std::min(step, batch.rows - first), watermark, mask, &arena);
    lines.insert(lines.end(), run.lines.begin(), run.lines.end());
    // Every input row has one fate.
    EXPECT_EQ(run.input_rows, run.accepted_rows + run.dead + run.filtered + run.late);
  }
  return lines;
}

// Names the smallest part of the expressions that the engines disagree on.
std::string SmallestDifference(const std::vector<Type>& input, const Batch& batch,
                               const std::vector<BoundExprPtr>& expressions) {
  std::vector<BoundExprPtr> parts;
  std::set<const BoundExpr*> seen;
  for (const BoundExprPtr& e : expressions) {
    if (e != nullptr) CollectParts(e, &parts, &seen);
  }
  LoweredProgram program;
  std::vector<BoundExprPtr> usable;
  for (const BoundExprPtr& part : parts) {
    // Window columns have no value without a window.
    std::vector<int> columns;
    CollectColumns(*part, &columns);
    if (!columns.empty() && columns.back() >= static_cast<int>(input.size())) continue;
    if (part->type.is(TypeKind::kNull)) continue;
    usable.push_back(part);
    AddProjection(&program, input, part);
  }
  const auto results = RunAll(program, [&] {
    std::vector<Lines> all;
    for (size_t i = 0; i < usable.size(); ++i) {
      all.push_back(RunInSteps(program, i, batch, {}, ~uint64_t{0}, batch.rows));
    }
    return all;
  });
  for (size_t i = 0; i < usable.size(); ++i) {
    for (size_t engine = 1; engine < results.size(); ++engine) {
      for (size_t line = 0; line < results[0][i].size(); ++line) {
        if (results[0][i][line] == results[engine][i][line]) continue;
        return "smallest part that differs: " + ToText(*usable[i], ColumnNames(input)) + " AS " +
               usable[i]->type.ToString() + "\n interpreter: " + results[0][i][line] + "\n " +
               Engines()[engine].name + ": " + results[engine][i][line] + "\n" +
               DescribeRow(batch, static_cast<int32_t>(line));
      }
    }
  }
  return "no part differs by itself\n";
}

std::string Difference(const std::vector<Lines>& results) {
  for (size_t engine = 1; engine < results.size(); ++engine) {
    for (size_t i = 0; i < std::max(results[0].size(), results[engine].size()); ++i) {
      const std::string a = i < results[0].size() ? results[0][i] : "(nothing)";
      const std::string b = i < results[engine].size() ? results[engine][i] : "(nothing)";
      if (a != b) {
        return "line " + std::to_string(i) + "\n interpreter: " + a + "\n " +
               Engines()[engine].name + ": " + b + "\n";
      }
    }
  }
  return "";
}

constexpr int kParts = 6;  // pipelines a program: compiling costs more than running

template <typename Body>
void ForEachCase(int64_t standard, Body body) {
  const int64_t only = FromEnvironment("FLOW_SEED", 0);
  const int64_t cases = FromEnvironment("FLOW_CASES", test::AllOr(standard, standard / 3));
  for (int64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : cases); ++seed) {
    SCOPED_TRACE("FLOW_SEED=" + std::to_string(seed));
    body(static_cast<uint64_t>(seed));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ExprProperty, EnginesAgreeOnExpressions) {
  ForEachCase(25, [](uint64_t seed) {
    Random random(seed);
    const std::vector<Type>& input = AllTypes();
    LoweredProgram program;
    for (int i = 0; i < kParts; ++i) {
      ExprGenerator generator(random, input);
      AddProjection(
          &program, input,
          generator.Make(random.OneOf(AllTypes()), static_cast<int>(random.Between(2, 40))));
    }
    const Batch batch = RandomBatch(random, input, 60, 10, 6);
    const auto results = RunAll(program, [&] {
      std::vector<Lines> all;
      for (size_t i = 0; i < kParts; ++i) {
        all.push_back(RunInSteps(program, i, batch, {}, ~uint64_t{0}, batch.rows));
      }
      return all;
    });
    ASSERT_EQ(results.size(), Engines().size());
    for (size_t i = 0; i < kParts; ++i) {
      std::vector<Lines> one;
      for (const auto& all : results) one.push_back(all[i]);
      const std::string difference = Difference(one);
      ASSERT_EQ(difference, "") << ToText(*program.pipelines[i].outputs[0], ColumnNames(input))
                                << "\n"
                                << SmallestDifference(input, batch, program.pipelines[i].outputs);
    }
  });
}

program::Window RandomWindow(Random& random) {
  program::Window window;
  window.mode = random.Percent(50) ? program::WindowMode::kExpand : program::WindowMode::kSlice;
  window.size = random.OneOf<int64_t>({1, 5, 10, 12, 60, 100});
  window.slide = window.size;
  if (random.Percent(60)) {
    window.kind = program::WindowKind::kHop;
    window.slide = random.OneOf<int64_t>({1, 3, 4, 5, 7, 12, 60});
    // At most 20 windows a row; now and then a slide that leaves gaps.
    if (window.size / window.slide > 20) window.slide = window.size / 10;
    if (window.slide > window.size && random.Percent(70)) window.slide = window.size;
  }
  window.offset = random.OneOf<int64_t>({0, 0, 1, 3, -2, 1000});
  window.lateness = random.OneOf<int64_t>({0, 0, 1, 7, 40});
  return window;
}

struct RandomPipeline {
  program::Pipeline pipeline;
  PipelineSpec spec;
};

// The last input column is the event time, which always has a value.
RandomPipeline MakeRandomPipeline(Random& random, const std::vector<Type>& input) {
  RandomPipeline made;
  program::Pipeline& pipeline = made.pipeline;
  PipelineSpec& spec = made.spec;
  pipeline.input = input;
  std::vector<Type> data(input.begin(), input.end() - 1);
  ExprGenerator over_input(random, data);
  BoundExprPtr time = MakeColumn(static_cast<int>(input.size()) - 1, TypeKind::kTimestamp);
  if (random.Percent(20)) {  // computed; may be NULL or in error
    time = MakeNode(
        ExprOp::kCase, TypeKind::kTimestamp,
        {over_input.Make(TypeKind::kBoolean, 4), time,
         random.Percent(50) ? MakeNode(ExprOp::kSub, TypeKind::kTimestamp,
                                       {time, MakeLiteral(Datum::Int(TypeKind::kInterval, 7))})
                            : MakeLiteral(RandomCell(random, TypeKind::kTimestamp, 40, 40))});
  }

  if (random.Percent(60)) spec.filter = over_input.Make(TypeKind::kBoolean, 10);
  if (random.Percent(20)) {
    pipeline.late_of = RandomWindow(random);
    spec.late_time = time;
  }
  if (random.Percent(70)) {
    pipeline.window = RandomWindow(random);
    spec.time = time;
  }
  pipeline.judges_lateness = (pipeline.window || pipeline.late_of) && random.Percent(85);
  if (pipeline.late_of) pipeline.judges_lateness = true;

  const bool has_window_columns =
      pipeline.window && pipeline.window->mode == program::WindowMode::kExpand;
  std::vector<Type> visible = input;
  if (has_window_columns) visible.insert(visible.end(), 2, TypeKind::kTimestamp);
  ExprGenerator over_all(random, visible);
  if (has_window_columns && random.Percent(40)) {
    spec.window_filter = over_all.Make(TypeKind::kBoolean, 8);
    if (random.Percent(50)) {
      spec.window_filter =
          MakeNode(ExprOp::kLt, TypeKind::kBoolean,
                   {MakeColumn(static_cast<int>(input.size()), TypeKind::kTimestamp),
                    MakeLiteral(Datum::Int(TypeKind::kTimestamp, random.Between(-100, 400)))});
    }
  }
  const int64_t outputs = random.Between(1, 5);
  for (int64_t i = 0; i < outputs; ++i) {
    const Type type = random.OneOf(AllTypes());
    pipeline.output.push_back(type);
    pipeline.checked.push_back(random.Percent(40));
    spec.outputs.push_back(over_all.Make(type, static_cast<int>(random.Between(1, 15))));
  }
  if (random.Percent(60)) {
    pipeline.hashes = true;
    pipeline.key_count = static_cast<int>(random.Between(0, outputs));
    // Keys are always checked.
    for (int i = 0; i < pipeline.key_count; ++i) pipeline.checked[static_cast<size_t>(i)] = true;
  }
  return made;
}

TEST(ExprProperty, EnginesAgreeOnPipelines) {
  int64_t dead = 0, late = 0, late_windows = 0;
  ForEachCase(25, [&](uint64_t seed) {
    Random random(seed);
    std::vector<Type> input = AllTypes();
    input.push_back(TypeKind::kTimestamp);
    LoweredProgram program;
    for (int i = 0; i < kParts; ++i) {
      RandomPipeline made = MakeRandomPipeline(random, input);
      AddPipeline(&program, std::move(made.pipeline), std::move(made.spec));
    }
    Batch batch = RandomBatch(random, input, 70, 10, 3);
    std::vector<int64_t> watermark;
    int64_t greatest = std::numeric_limits<int64_t>::min();
    for (int32_t row = 0; row < batch.rows; ++row) {
      int64_t time = random.Between(-150, 10) + row * 4;
      if (random.Percent(3)) {
        time = random.OneOf<int64_t>({FLOW_TIMESTAMP_MIN, FLOW_TIMESTAMP_MAX, 1767225600000000});
      }
      watermark.push_back(greatest);
      if (random.Percent(70) && time < 1000) greatest = std::max(greatest, time);
      WriteCell(batch.column(batch.column_count() - 1), row, Datum::Int(TypeKind::kTimestamp, time),
                nullptr);
    }
    const bool with_watermark = random.Percent(90);
    if (!with_watermark) watermark.clear();
    const uint64_t mask = random.Percent(10) ? 0 : ~uint64_t{0};
    const int32_t step = random.OneOf<int32_t>({1, 7, 33, 70});

    const auto results = RunAll(program, [&] {
      std::vector<Lines> all;
      for (size_t i = 0; i < kParts; ++i) {
        all.push_back(RunInSteps(program, i, batch, watermark, mask, step));
      }
      return all;
    });
    ASSERT_EQ(results.size(), Engines().size());
    for (size_t i = 0; i < kParts; ++i) {
      std::vector<Lines> one;
      for (const auto& all : results) one.push_back(all[i]);
      const std::string difference = Difference(one);
      const program::Pipeline& pipeline = program.program.pipelines[i];
      const PipelineSpec& spec = program.pipelines[i];
      std::vector<BoundExprPtr> expressions = spec.outputs;
      expressions.push_back(spec.filter);
      expressions.push_back(spec.window_filter);
      if (!difference.empty()) {
        std::string text = "pipeline " + std::to_string(i);
        const auto names = ColumnNames(input);
        if (spec.filter) text += "\n filter " + ToText(*spec.filter, names);
        if (spec.window_filter) text += "\n window filter " + ToText(*spec.window_filter, names);
        for (const auto* w : {&pipeline.late_of, &pipeline.window}) {
          if (!*w) continue;
          text += std::string(w == &pipeline.window ? "\n window" : "\n late of") + " size " +
                  std::to_string((*w)->size) + " slide " + std::to_string((*w)->slide) +
                  " offset " + std::to_string((*w)->offset) + " lateness " +
                  std::to_string((*w)->lateness) +
                  ((*w)->mode == program::WindowMode::kSlice ? " slice" : " expand");
        }
        for (size_t o = 0; o < spec.outputs.size(); ++o) {
          text += std::string("\n ") + (pipeline.checked[o] ? "checked " : "output ") +
                  ToText(*spec.outputs[o], names);
        }
        FAIL() << difference << text << "\n step " << step << " keys " << pipeline.key_count << "\n"
               << SmallestDifference(input, batch, expressions);
      }
    }
    Arena arena;
    ASSERT_TRUE(interpret::Install(program).ok());
    for (const program::Pipeline& pipeline : program.program.pipelines) {
      const PipelineRun run = RunPipeline(*pipeline.kernel->Load(), pipeline, batch, 0, batch.rows,
                                          watermark, mask, &arena);
      dead += run.dead;
      late += run.late;
      late_windows += run.late_windows;
    }
  });
  // The cases reach what they are meant to reach.
  if (FromEnvironment("FLOW_SEED", 0) == 0) {
    EXPECT_GT(dead, 100);
    EXPECT_GT(late, 100);
    EXPECT_GT(late_windows, 100);
  }
}

}  // namespace
}  // namespace flow::kernel_test
