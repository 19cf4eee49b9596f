// gradrace info. What it measures, no test may ask: only that it is there and possible.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/isa.hpp"
#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramInfo = ProgramTest;

TEST_F(ProgramInfo, DescribesTheMachineAndItsLimits) {
  const std::string baseline(kernels::Isa::available().back().name());
  const nlohmann::json info = document({"info", "--json", "--threads", "1", "--isa", baseline});
  EXPECT_EQ(info["schema_version"], 2);
  EXPECT_GE(info["machine"]["allowed_cpus"], 1);
  EXPECT_EQ(info["limits"]["isa"], baseline);
  EXPECT_GT(info["limits"]["peak_gflops"]["all_threads"], 0.0);
  EXPECT_EQ(info["limits"]["bandwidth"].back()["level"], "DRAM");
}

TEST_F(ProgramInfo, SaysTheSameInWords) {
  const Outcome info = run({"info", "--threads", "1"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  for (const std::string& part : {std::string("affinity: "), std::string("quota: "), std::string("DRAM"),
                                  "chosen: " + std::string(kernels::Isa::best().name()), std::string("Stolen ")})
    EXPECT_NE(info.out.find(part), std::string::npos) << info.out;
}

TEST_F(ProgramInfo, RefusesWhatItDoesNotKnow) {
  expect_error(ExitCode::kUsage, "instruction set 'mmx'", {"info", "--isa", "mmx"});
  expect_error(ExitCode::kUsage, "--threads", {"info", "--threads", "0"});
  expect_error(ExitCode::kUsage, "--treads", {"info", "--treads", "2"});
}

}  // namespace
}  // namespace gradrace
