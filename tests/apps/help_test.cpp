// What the program says of itself, of no command or of each.
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kernels/isa.hpp"
#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramHelp = ProgramTest;

TEST_F(ProgramHelp, SaysItsVersionAndHelps) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("gradrace ")) << version.out;
  EXPECT_EQ(version.out.find("unknown"), std::string::npos) << version.out;
  for (const std::string_view isa : kernels::Isa::built()) expect_contains(version.out, std::string(isa));
  for (const char* library :
       {"xsimd", "zlib", "libcurl", "OpenSSL", "fmt", "nlohmann json", "Boost", "Chart.js", "CLI11", "spdlog"})
    EXPECT_TRUE(std::regex_search(version.out, std::regex(fmt::format("{} [0-9]+[.][0-9.]+[a-z]?(,|\n)", library))))
        << library << ": " << version.out;
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
