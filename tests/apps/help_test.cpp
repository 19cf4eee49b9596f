// What the program says of itself, of no command or of each.
#include <gtest/gtest.h>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramHelp = ProgramTest;

TEST_F(ProgramHelp, SaysItsVersionAndHelps) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("gradrace ")) << version.out;
  for (const Words& words : {Words{"--help"}, Words{"compare", "--help"}, Words{"-h"}}) {
    const Outcome help = run(words);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    for (const char* part : {"Examples:", "Exit codes:", "gradrace data", "gradrace info", "gradrace optimizers"})
      expect_contains(help.out, part);
    const std::string old_default = "--epochs N=5", new_default = "--epochs N [5]";  // CLI11 before 2.4, and since
    EXPECT_TRUE(help.out.find(old_default) != std::string::npos || help.out.find(new_default) != std::string::npos);
  }
  EXPECT_EQ(run({"data", "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace gradrace
