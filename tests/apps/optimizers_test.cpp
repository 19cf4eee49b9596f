// gradrace optimizers.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramOptimizers = ProgramTest;

TEST_F(ProgramOptimizers, ListsTheOptimizers) {
  const Outcome text = run({"optimizers"}), json = run({"optimizers", "--json"});
  EXPECT_EQ(text.exit_code, 0);
  for (const char* part : {"adam\n  options   lr=0.001, betas=0.9/0.999,", "bytes moved: 28", "Kingma & Ba, ICLR 2015",
                           "options of all optimizers\n  schedule=constant, warmup=0, maximize=false\n",
                           "with schedule=cosine        eta_min=0\n"})
    expect_contains(text.out, part);
  const auto document = nlohmann::json::parse(json.out);
  EXPECT_GE(document.at("optimizers").size(), 12u);
  for (const auto& optimizer : document.at("optimizers")) {
    EXPECT_EQ(optimizer.at("options").at("schedule"), "constant");
    EXPECT_GE(optimizer.at("bytes_per_parameter"), 12 + 8 * optimizer.at("state_floats").get<int>());
    EXPECT_NE(optimizer.at("paper"), "");
  }
  EXPECT_EQ(run({"optimizers", "--josn"}).exit_code, int(ExitCode::kUsage));
}

}  // namespace
}  // namespace gradrace
