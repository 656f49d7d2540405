// links: compiler/codegen runtime/base
// Filters and projections in machine code, both tiers.
#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

using ::testing::Test;

TEST_F(PipelineTest, FiltersAndProjects) {
  pipeline.input = {kBigint, kString, kDouble};
  spec.filter = Op(ExprOp::kGt, kBool, {Col(0, kBigint), Lit(I(10))});
  AddOutput(Op(ExprOp::kAdd, kBigint, {Col(0, kBigint), Lit(I(1))}));
  AddOutput(Call("upper", {Col(1, kString)}));
  AddOutput(Op(ExprOp::kMul, kDouble, {Col(2, kDouble), Lit(D(2))}));
  PipelineResult result = Run({{I(5), S("no"), D(1)},
                               {I(11), S("a string that is not inline"), D(1.5)},
                               {Null(kBigint), S("x"), D(0)},
                               {I(12), Null(kString), Null(kDouble)}});
  EXPECT_EQ(Texts(result),
            (std::vector<std::string>{"12 'A STRING THAT IS NOT INLINE' 3", "13 NULL NULL"}));
  EXPECT_EQ(result.from, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(result.filtered, 2);
  EXPECT_TRUE(result.dead.empty());
}

}  // namespace
}  // namespace flow
