// gradrace compare: what it shows and writes, and where it cannot.
#include <cstdlib>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramCompareOutput = ProgramTest;

TEST_F(ProgramCompareOutput, TellsTheRaceInPlainLinesWhenPiped) {
  const Outcome outcome = run(race(), {"TERM=xterm"});
  EXPECT_EQ(outcome.err, "");
  for (const char* part : {"adadelta (lr=0.5, ", "adam  epoch: 1 [ 0/40 ( 0%)]  training loss: ", "runtime: ",
                           "accuracy: ", "did not converge", "adadelta - adam", "fc2.bias", "This is not MNIST"})
    expect_contains(outcome.out, part);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(outcome.out.find('\r'), std::string::npos);
}

TEST_F(ProgramCompareOutput, IsQuietButForTheTablesAndTheNotice) {
  const Outcome outcome = run(race({"--quiet"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.find("training loss: "), std::string::npos);
  expect_contains(outcome.out, "adadelta - adam");
  expect_contains(outcome.out, "This is not MNIST");
}

TEST_F(ProgramCompareOutput, ShowsProgressOnATerminalOnly) {
  const auto shown = [&](const Words& environment, const Words& more = {}) {
    Words words = {"--batch-size", "4", "--optimizer", "adam"};
    words.insert(words.end(), more.begin(), more.end());
    return Program::on_terminal(directory_.path(), race(words), environment);
  };
  const std::string terminal = shown({"TERM=xterm"}), colourless = shown({"TERM=xterm", "NO_COLOR=1"});
  for (const char* part : {" images/s", "\x1b[K", "\x1b[1m"}) expect_contains(terminal, part);
  expect_contains(colourless, " images/s");
  EXPECT_EQ(colourless.find("\x1b[1m"), std::string::npos);
  EXPECT_EQ(shown({"TERM=dumb"}).find('\x1b'), std::string::npos);
  EXPECT_EQ(shown({"TERM=xterm"}, {"--no-progress"}).find(" images/s"), std::string::npos);
}

TEST_F(ProgramCompareOutput, ShowsOneProgressForTheWholeRace) {
  const std::string shown =
      Program::on_terminal(directory_.path(), race({"--batch-size", "1", "--seeds", "2"}), {"TERM=xterm"});
  for (const char* part : {"1/4 adadelta seed 0 epoch 1", " left  loss "}) expect_contains(shown, part);
}

TEST_F(ProgramCompareOutput, DrawsLossCurvesOnATerminalOnly) {
  const auto shown = [&](const Words& environment, const Words& more = {}) {
    Words words = {"--batch-size", "4", "--no-progress"};
    words.insert(words.end(), more.begin(), more.end());
    const std::string text = Program::on_terminal(directory_.path(), race(words), environment);
    const std::size_t at = text.find("Training loss, mean of the last 100 steps");
    return at == std::string::npos ? "" : text.substr(at, text.find("\r\n\r\n", at) - at);
  };
  const std::string braille = shown({"TERM=xterm", "LANG=de_DE.UTF-8"});
  for (const char* part : {"adadelta", "adam", "\xe2\xa0", "step 1"}) expect_contains(braille, part);
  const std::string ascii = shown({"TERM=xterm", "LANG=de_DE.UTF-8", "LC_ALL=C", "NO_COLOR=1"});
  expect_contains(ascii, "step 1");
  for (const char c : ascii) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  for (std::size_t begin = 0, end = 0; (end = ascii.find("\r\n", begin)) != std::string::npos; begin = end + 2)
    EXPECT_LE(end - begin, 80u);
  EXPECT_EQ(shown({"TERM=xterm"}, {"--quiet"}), "");
  EXPECT_EQ(run(race()).out.find("Training loss, mean"), std::string::npos);
}

TEST_F(ProgramCompareOutput, WritesPicturesAndEventFilesOnRequest) {
  ASSERT_EQ(run(race({"--out", in_directory("out"), "--plots", "--tensorboard", in_directory("board")})).exit_code, 0);
  expect_contains(read_text(directory_ / "out/accuracy.svg"), "data: custom, not MNIST");
  EXPECT_TRUE(std::filesystem::exists(directory_ / "board/adadelta"));
  expect_error(ExitCode::kUsage, "--out", race({"--plots"}));
  write_bytes(directory_ / "file", bytes_of("x"));
  expect_error(ExitCode::kFailure, "file", race({"--tensorboard", in_directory("file")}));
}

TEST_F(ProgramCompareOutput, StopsWhenNobodyReadsItsOutputAndSaysThatItCannotBeWritten) {
  const auto run_in_shell = [&](const std::string& form) {
    const std::string race = fmt::format("{} --data-dir {} --epochs 1000000 --out {} 2>{}", GRADRACE_TEST_PROGRAM,
                                         data().string(), in_directory("out"), in_directory("stderr"));
    const int status = std::system(fmt::format(fmt::runtime(form), race, in_directory("code")).c_str());
    EXPECT_EQ(status, 0);
    return read_text(directory_ / "code");
  };
  EXPECT_EQ(run_in_shell("({}; echo $? >{}) | head -n 1 >/dev/null"), "141\n");
  EXPECT_EQ(read_text(directory_ / "stderr"), "");
  EXPECT_EQ(nlohmann::json::parse(read_text(directory_ / "out/results.json"))["runs"][0]["status"], "interrupted");
  EXPECT_EQ(run_in_shell("({}; echo $? >{}) >/dev/full"), "1\n");
  expect_contains(read_text(directory_ / "stderr"), "standard output");
}

TEST_F(ProgramCompareOutput, RefusesAnOutputThatCannotBeWrittenBeforeItTrains) {
  write_bytes(directory_ / "file", bytes_of("x"));
  const Words words = race({"--out", in_directory("file")});
  expect_error(ExitCode::kFailure, "file", words);
  EXPECT_EQ(run(words).out, "");
  expect_error(ExitCode::kFailure, "below", race({"--out", in_directory("file/below")}));
}

TEST_F(ProgramCompareOutput, SaysWhichFileMayNotGrow) {
  const auto error_of_race = [&](const Words& options) {
    const std::string command =
        fmt::format("ulimit -f 2; {} {} >{} 2>{}", GRADRACE_TEST_PROGRAM, fmt::join(race(options), " "),
                    in_directory("stdout"), in_directory("stderr"));
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
    return read_text(directory_ / "stderr");
  };
  expect_contains(error_of_race({"--out", in_directory("out")}), "results.json: File too large");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/results.json"));
  const std::string error = error_of_race({"--tensorboard", in_directory("board"), "--batch-size", "1", "--quiet"});
  expect_contains(error, "cannot write " + in_directory("board/adadelta/events.out.tfevents."));
  expect_contains(error, ": File too large");
}

}  // namespace
}  // namespace gradrace
