#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/team.hpp"
#include "tests/apps/program.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

using Words = std::vector<std::string>;

/// A directory with a small data set in it, and the program on it.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    for (const KnownFile& file : kMnistFiles) write_data(file, idx_file(shape_of(file)));
  }

  static std::vector<Index> shape_of(const KnownFile& file, Index more = 0) {
    const Index count = (file.name.starts_with("train") ? 40 : 20) + more;
    return file.kind == IdxKind::kImages ? std::vector<Index>{count, 28, 28} : std::vector<Index>{count};
  }
  void write_data(const KnownFile& file, const Bytes& bytes) { write_bytes(data() / file.name, bytes); }
  std::filesystem::path data() const { return directory_ / "data"; }
  std::string in_directory(const std::string& name) const { return (directory_ / name).string(); }

  /// A quick race, with more arguments if need be.
  Words race(const Words& more = {}) const {
    Words words = {"--data-dir", data().string(), "--epochs", "1", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome run(const Words& arguments, const Words& environment = {}) const {
    return Program(directory_.path(), arguments, environment).wait();
  }

  /// The program must end with `code` and one line on standard error that contains `part`.
  void expect_error(ExitCode code, const std::string& part, const Words& arguments,
                    const Words& environment = {}) const {
    const Outcome outcome = run(arguments, environment);
    EXPECT_EQ(outcome.exit_code, int(code)) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("gradrace: error: ")) << outcome.err;
    expect_contains(outcome.err, part);
  }
  void expect_data_error(const std::string& part) const { expect_error(ExitCode::kData, part, race()); }

  const TemporaryDirectory directory_;
};

TEST_F(ProgramTest, SaysItsVersionAndHelps) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("gradrace ")) << version.out;
  for (const Words& words : {Words{"--help"}, Words{"compare", "--help"}, Words{"-h"}}) {
    const Outcome help = run(words);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    for (const char* part :
         {"Examples:", "--epochs N=5", "Exit codes:", "gradrace data", "gradrace info", "gradrace optimizers"})
      expect_contains(help.out, part);
  }
  EXPECT_EQ(run({"data", "--help"}).exit_code, 0);
}

TEST_F(ProgramTest, ListsTheOptimizers) {
  const Outcome text = run({"optimizers"}), json = run({"optimizers", "--json"});
  EXPECT_EQ(text.exit_code, 0);
  for (const char* part : {"adam\n  options   lr=0.001, betas=0.9/0.999,", "bytes moved: 28", "Kingma & Ba, ICLR 2015",
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

TEST_F(ProgramTest, RacesWithAndWithoutTheWordCompare) {
  Words words = race();
  const Outcome without = run(words);
  EXPECT_EQ(without.exit_code, 0) << without.err;
  words.insert(words.begin(), "compare");
  const Outcome with = run(words);
  EXPECT_EQ(with.exit_code, 0) << with.err;
}

TEST_F(ProgramTest, TellsTheRaceInPlainLinesWhenPiped) {
  const Outcome outcome = run(race(), {"TERM=xterm"});
  EXPECT_EQ(outcome.err, "");
  for (const char* part : {"adadelta (lr=0.5, ", "adam  epoch: 1 [ 0/40 ( 0%)]  training loss: ", "runtime: ",
                           "accuracy: ", "did not converge", "adadelta - adam", "fc2.bias", "This is not MNIST"})
    expect_contains(outcome.out, part);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(outcome.out.find('\r'), std::string::npos);
}

TEST_F(ProgramTest, ShowsProgressOnATerminalOnly) {
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

TEST_F(ProgramTest, DrawsLossCurvesOnATerminalOnly) {
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

TEST_F(ProgramTest, WritesPicturesAndEventFilesOnRequest) {
  ASSERT_EQ(run(race({"--out", in_directory("out"), "--plots", "--tensorboard", in_directory("board")})).exit_code, 0);
  expect_contains(read_text(directory_ / "out/accuracy.svg"), "data: custom, not MNIST");
  EXPECT_TRUE(std::filesystem::exists(directory_ / "board/adadelta"));
  expect_error(ExitCode::kUsage, "--out", race({"--plots"}));
  write_bytes(directory_ / "file", bytes_of("x"));
  expect_error(ExitCode::kFailure, "file", race({"--tensorboard", in_directory("file")}));
}

TEST_F(ProgramTest, StopsWhenNobodyReadsItsOutputAndSaysThatItCannotBeWritten) {
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

TEST_F(ProgramTest, IsQuietButForTheTablesAndTheNotice) {
  const Outcome outcome = run(race({"--quiet"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.find("training loss: "), std::string::npos);
  expect_contains(outcome.out, "adadelta - adam");
  expect_contains(outcome.out, "This is not MNIST");
}

TEST_F(ProgramTest, WritesWhatWasAskedForAndStartsFromIt) {
  ASSERT_EQ(run(race({"--out", in_directory("a"), "--save-weights", "--seed", "3"})).exit_code, 0);
  const std::string init = in_directory("a/init.safetensors");
  ASSERT_EQ(run(race({"--out", in_directory("b"), "--save-weights", "--seed", "3", "--init", init})).exit_code, 0);
  for (const char* name : {"init.safetensors", "adam_final.safetensors", "adadelta_final.safetensors"})
    EXPECT_EQ(read_text(directory_ / "a" / name), read_text(directory_ / "b" / name)) << name;
  const auto json = nlohmann::json::parse(read_text(directory_ / "a/results.json"));
  EXPECT_EQ(json["options"]["seed"], 3);
  EXPECT_EQ(json["data"]["name"], "custom");
  EXPECT_EQ(json["machine"]["threads"], 1);
}

TEST_F(ProgramTest, SaysInTheResultsWhatEveryOptionWas) {
  ASSERT_EQ(run(race({"--out", in_directory("out"), "--seeds", "1,2"})).exit_code, 0);
  const auto options = nlohmann::json::parse(read_text(directory_ / "out/results.json"))["options"];
  std::istringstream help(run({"--help"}).out);
  std::size_t count = 0;
  for (std::string line; std::getline(help, line);) {
    if (!line.starts_with("  --")) continue;
    std::string key = line.substr(4, line.find_first_of(" =", 4) - 4);
    std::ranges::replace(key, '-', '_');
    EXPECT_TRUE(options.contains(key)) << line;
    ++count;
  }
  EXPECT_EQ(options.size(), count);
}

TEST_F(ProgramTest, RacesFromManySeedsAndSumsThemUp) {
  const Outcome outcome = run(race({"--seeds", "3", "--seed", "5", "--out", in_directory("out"), "--save-weights"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"seeds: 5, 6, 7,", "seed 6  adam  finished", "adadelta (lr=0.5, ", "3 of 3", "Verdict",
                           "can be shown from 3 seeds"})
    expect_contains(outcome.out, part);
  EXPECT_EQ(outcome.out.find("training loss: "), std::string::npos);
  EXPECT_LT(outcome.out.find("seed 6  adam"), outcome.out.find("seed 6  adadelta"));
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["options"]["seeds"], (std::vector<int>{5, 6, 7}));
  EXPECT_EQ(json["runs"].size(), 6u);
  EXPECT_EQ(json["runs"][2]["step_loss"][0], json["runs"][3]["step_loss"][0]);
  EXPECT_EQ(json["summary"].size(), 2u);
  EXPECT_EQ(json["parameter_difference"].size(), 24u);
  for (const char* file : {"init_seed5", "init_seed7", "adam_seed6_final", "adadelta_seed7_final"})
    EXPECT_TRUE(std::filesystem::exists(directory_ / fmt::format("out/{}.safetensors", file))) << file;
  expect_contains(run(race({"--seeds", "9,4"})).out, "seeds: 9, 4,");
  EXPECT_EQ(run(race({"--seeds", "3", "--optimizer", "adam"})).out.find("Verdict"), std::string::npos)
      << "on one alone";
}

TEST_F(ProgramTest, HoldsImagesOutForValidation) {
  const Outcome outcome = run(race({"--validation", "10", "--out", in_directory("out")}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "30 training, 10 validation and 20 test images");
  expect_contains(outcome.out, "validation loss");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["data"]["train"], 30);
  EXPECT_EQ(json["data"]["validation"], 10);
  EXPECT_EQ(json["runs"][0]["epochs"][0]["validation_total"], 10);
  expect_error(ExitCode::kUsage, "40 training images", race({"--validation", "40"}));
}

TEST_F(ProgramTest, StopsAtTheTarget) {
  const auto run_to = [&](const std::string& accuracy, const std::string& said) {
    const Outcome outcome = run(race({"--epochs", "3", "--test-limit", "10", "--optimizer", "adam", "--until-target",
                                      "--target-accuracy", accuracy, "--out", in_directory("out")}));
    expect_contains(outcome.out, said);
    return nlohmann::json::parse(read_text(directory_ / "out/results.json"))["runs"][0];
  };
  const auto missed = run_to("1", "did not reach an accuracy of 100 %");
  EXPECT_TRUE(missed["target"].is_null());
  EXPECT_EQ(missed["epochs"].size(), 3u);
  const auto reached = run_to("0.1", "reached an accuracy of 10 % in epoch 1");  // there is one image of each digit
  EXPECT_EQ(reached["target"]["metric"], "accuracy");
  EXPECT_EQ(reached["target"]["epoch"], 1);
  EXPECT_EQ(reached["epochs"].size(), 1u);
}

TEST_F(ProgramTest, SweepsAnOption) {
  const Outcome outcome =
      run(race({"--sweep", "adam:lr=1e-4..1e-2:log:3", "--optimizer", "adadelta", "--out", in_directory("out")}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"34 training, 6 validation", "adam: lr", "0.001", "chosen", "adadelta (lr=1, ", "Verdict"})
    expect_contains(outcome.out, part);
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["runs"].size(), 4u);
  EXPECT_EQ(json["options"]["validation"], 6);
  EXPECT_EQ(json["sweep"][0]["points"].size(), 3u);
  EXPECT_EQ(json["summary"].size(), 4u);
  EXPECT_EQ(json["parameter_difference"].size(), 8u);
  EXPECT_EQ(json["parameter_difference"][0]["b"], json["sweep"][0]["chosen"]);
  expect_contains(run(race({"--sweep", "adam:lr=1e-4..1e-2:log:2"})).out, "seed 0  adam-lr-0.01  finished");
  expect_error(ExitCode::kUsage, "POINTS", race({"--sweep", "adam:lr=1e-4..1e-2"}));
  expect_error(ExitCode::kUsage, "speed", race({"--sweep", "adam:speed=1e-4..1e-2:log:2"}));
  expect_error(ExitCode::kUsage, "--validation", race({"--sweep", "adam:lr=1..2:lin:2", "--validation", "0"}));
  const Words two = {"--sweep", "adam:lr=1e-4..1e-3:log:2", "--sweep", "adam:lr=1e-2..1e-1:log:2"};
  expect_error(ExitCode::kUsage, "one of lr with the label 'adam' already; give it another: LABEL@adam:", race(two));
  EXPECT_EQ(run(race({two[0], two[1], two[2], "high@" + two[3], two[2], "adam:eps=1e-9..1e-8:log:2"})).exit_code, 0);
}

TEST_F(ProgramTest, ShowsOneProgressForTheWholeRace) {
  const std::string shown =
      Program::on_terminal(directory_.path(), race({"--batch-size", "1", "--seeds", "2"}), {"TERM=xterm"});
  for (const char* part : {"1/4 adadelta seed 0 epoch 1", " left  loss "}) expect_contains(shown, part);
}

TEST_F(ProgramTest, TakesTheLastOfARepeatedOption) {
  expect_contains(run(race({"--epochs", "2", "--epochs", "1", "--seed", "5", "--seed", "6"})).out, "seed: 6");
}

TEST_F(ProgramTest, RefusesWrongUsageInOneSentence) {
  expect_error(ExitCode::kUsage, "--threads", race({"--threads", "0"}));
  expect_error(ExitCode::kUsage, "--epochs", race({"--epochs", "many"}));
  expect_error(ExitCode::kUsage, "--seed", race({"--seed", "-1"}));
  expect_error(ExitCode::kUsage, "--order", race({"--order", "any"}));
  expect_error(ExitCode::kUsage, "one seed", race({"--order", "continue", "--seeds", "2"}));
  for (const char* accuracy : {"0", "98.5", "nan", "-1"})
    expect_error(ExitCode::kUsage, "--target-accuracy", race({"--target-accuracy", accuracy}));
  for (const char* seeds : {"0", "1,1", "1,", "many", "2000", "-1", "1;2"})
    expect_error(ExitCode::kUsage, "--seeds", race({"--seeds", seeds}));
  expect_error(ExitCode::kUsage, "--bogus", race({"--bogus"}));
  expect_error(ExitCode::kUsage, "bogus", {"bogus"});
  expect_error(ExitCode::kUsage, "--out", race({"--save-weights"}));
  expect_error(ExitCode::kUsage, "nobody", race({"--optimizer", "nobody"}));
  expect_error(ExitCode::kUsage, "speed", race({"--optimizer", "adam:speed=1"}));
  expect_error(ExitCode::kUsage, "fast", race({"--optimizer", "adam:lr=fast"}));
  expect_error(ExitCode::kUsage, "'a'", race({"--optimizer", "a@adam", "--optimizer", "a@adam"}));
  expect_error(ExitCode::kUsage, "6502", race({"--isa", "6502"}));
  expect_error(ExitCode::kUsage, "6502", race(), {"GRADRACE_ISA=6502"});
  expect_error(ExitCode::kUsage, "subcommand", {"data"});
  expect_error(ExitCode::kUsage, "see gradrace --help", race({"--bogus"}));
  expect_error(ExitCode::kUsage, "see gradrace report --help", {"report"});
}

TEST_F(ProgramTest, WarnsOfMoreThreadsThanCpus) {
  const Index threads = kernels::allowed_cpus() + 1;
  const Outcome outcome = run(race({"--threads", fmt::format("{}", threads), "--train-limit", "4"}));
  EXPECT_EQ(outcome.exit_code, 0);
  expect_contains(outcome.err, fmt::format("gradrace: warning: {} threads", threads));
}

TEST_F(ProgramTest, WarnsOfAConvolutionThatRunsOnAnotherMethodThanAskedFor) {
  EXPECT_EQ(run(race({"--conv", "winograd4", "--quiet"})).err,
            "gradrace: warning: --conv winograd4 suits not every layer: cn1 runs implicit instead\n");
  EXPECT_EQ(run(race({"--conv", "im2col", "--quiet"})).err, "");
}

TEST_F(ProgramTest, KeepsToOpenMpsLimitOfThreads) {
  const Words one = {"OMP_THREAD_LIMIT=1"};
  for (const Words& words : {race({"--threads", "2"}), Words{"info", "--threads", "2"}, {"profile", "--threads", "2"}})
    expect_error(ExitCode::kUsage, "--threads: expected no more than OpenMP's limit", words, one);
  const Words unsaid = {"--data-dir", data().string(), "--epochs", "1"};
  expect_contains(run(unsaid, one).out, "threads: 1");
}

TEST_F(ProgramTest, RefusesAnOutputThatCannotBeWrittenBeforeItTrains) {
  write_bytes(directory_ / "file", bytes_of("x"));
  const Words words = race({"--out", in_directory("file")});
  expect_error(ExitCode::kFailure, "file", words);
  EXPECT_EQ(run(words).out, "");
  expect_error(ExitCode::kFailure, "below", race({"--out", in_directory("file/below")}));
}

TEST_F(ProgramTest, SaysWhichFileMayNotGrow) {
  const std::string command =
      fmt::format("ulimit -f 2; {} {} --out {} >{} 2>{}", GRADRACE_TEST_PROGRAM, fmt::join(race(), " "),
                  in_directory("out"), in_directory("stdout"), in_directory("stderr"));
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  expect_contains(read_text(directory_ / "stderr"), "results.json: File too large");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/results.json"));
}

TEST_F(ProgramTest, RefusesAWrongDirectory) {
  expect_error(ExitCode::kData, "nowhere", {"--data-dir", in_directory("nowhere")});
  std::filesystem::remove(data() / kMnistFiles[kTestLabels].name);
  expect_data_error("t10k-labels-idx1-ubyte");
}

TEST_F(ProgramTest, RefusesDamagedFiles) {
  const KnownFile& images = kMnistFiles[kTrainImages];
  const Bytes good = idx_file(shape_of(images));
  const std::filesystem::path gzip = data() / fmt::format("{}.gz", images.name);
  Bytes packed = gzip_compressed(good);
  packed[packed.size() / 2] ^= 0x55;
  write_bytes(gzip, packed);
  expect_data_error("train-images-idx3-ubyte.gz");
  packed = gzip_compressed(good);
  packed.resize(packed.size() / 2);
  write_bytes(gzip, packed);
  expect_data_error("train-images-idx3-ubyte.gz");
  std::filesystem::remove(gzip);

  Bytes bad = good;
  bad[3] = 1;
  write_data(images, bad);
  expect_data_error("train-images-idx3-ubyte");
  bad = good;
  bad[4] = 0x80;
  write_data(images, bad);
  expect_data_error("train-images-idx3-ubyte");
}

TEST_F(ProgramTest, RefusesLabelsThatDoNotFit) {
  const KnownFile& labels = kMnistFiles[kTrainLabels];
  write_data(labels, idx_file(shape_of(labels, 1)));
  expect_data_error("41");
  write_data(labels, idx_file(shape_of(labels), 11));
  expect_data_error("10");
}

TEST_F(ProgramTest, EndsARunThatDivergesAndRunsTheOthers) {
  const Words optimizers = {"--optimizer", "wild@adam:lr=1e30", "--optimizer", "adam", "--out", in_directory("out")};
  expect_error(ExitCode::kNumerical, "wild (adam) diverged at step 2: cn1.weight is not finite", race(optimizers));
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["runs"][0]["status"], "diverged");
  EXPECT_EQ(json["runs"][1]["status"], "finished");
}

TEST_F(ProgramTest, SavesWhatWasAskedForWhenItIsStopped) {
  for (const int number : {SIGINT, SIGTERM}) {
    const std::string out = in_directory(fmt::format("out-{}", number));
    const Program program(directory_.path(), race({"--epochs", "1000000", "--out", out, "--save-weights"}));
    for (int tries = 0; tries < 3000 && program.out().find("epoch: 2") == std::string::npos; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    program.signal(number);
    program.signal(number);  // as a parent does that signals its child and then its whole group
    const Outcome outcome = program.wait();
    EXPECT_EQ(outcome.exit_code, 128 + number);
    EXPECT_EQ(outcome.err, "");
    expect_contains(outcome.out, "interrupted after step");
    const auto json = nlohmann::json::parse(read_text(out + "/results.json"));
    ASSERT_EQ(json["runs"].size(), 1u);
    EXPECT_EQ(json["runs"][0]["status"], "interrupted");
    EXPECT_TRUE(std::filesystem::exists(out + "/adadelta_final.safetensors"));
  }
}

/// A race that is killed again and again, at random moments, ends like one that is left alone.
TEST_F(ProgramTest, ResumesAfterBeingKilled) {
  const auto words = [&](const std::string& name) {
    return race({"--epochs", "5", "--batch-size", "4", "--seeds", "2", "--out", in_directory(name), "--save-weights",
                 "--checkpoint", in_directory(name + "-runs"), "--resume"});
  };
  ASSERT_EQ(run(words("whole")).exit_code, 0);
  std::mt19937 random(std::random_device{}());
  int kills = 0;
  for (Outcome outcome{.exit_code = 128 + SIGKILL, .out = {}, .err = {}}; outcome.exit_code != 0; ++kills) {
    ASSERT_EQ(outcome.exit_code, 128 + SIGKILL) << outcome.err;
    const Program program(directory_.path(), words("killed"));
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 200 + 20 * kills));
    program.signal(SIGKILL);
    outcome = program.wait();
  }
  EXPECT_GT(kills, 1);
  for (const auto& file : std::filesystem::directory_iterator(directory_ / "whole"))
    if (file.path().extension() == ".safetensors") {
      EXPECT_EQ(read_text(directory_ / "killed" / file.path().filename()), read_text(file.path())) << file.path();
    }
  EXPECT_EQ(read_text(directory_ / "killed/steps.csv"), read_text(directory_ / "whole/steps.csv"));
}

TEST_F(ProgramTest, SaysHowToGoOnAndWhyItCannot) {
  const std::string runs = in_directory("runs");
  const Words words = race({"--epochs", "1000000", "--checkpoint", runs});
  const Program program(directory_.path(), words);
  for (int tries = 0; tries < 3000 && program.out().find("epoch: 2") == std::string::npos; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  program.signal(SIGTERM);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 128 + SIGTERM);
  expect_contains(outcome.err, "--resume");
  expect_error(ExitCode::kUsage, "holds checkpoints already", words);
  expect_error(ExitCode::kUsage, "--checkpoint", race({"--resume"}));
  expect_error(ExitCode::kUsage, "epochs is 1000000 there and 2 here",
               race({"--epochs", "2", "--checkpoint", runs, "--resume"}));
  write_data(kMnistFiles[kTrainLabels], idx_file(shape_of(kMnistFiles[kTrainLabels]), 9));
  expect_error(ExitCode::kUsage, "data sha256 is", race({"--epochs", "1000000", "--checkpoint", runs, "--resume"}));
}

TEST_F(ProgramTest, MakesAndVerifiesData) {
  const Outcome made = run({"data", "make", "--data-dir", in_directory("digits")});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  expect_error(ExitCode::kCheck, "not MNIST", {"data", "verify", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kData, "already", {"data", "make", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kData, "missing", {"data", "verify", "--data-dir", in_directory("nowhere")});
  expect_error(ExitCode::kData, "127.0.0.1", {"data", "fetch"});
  expect_error(ExitCode::kCheck, "not KMNIST's",
               {"data", "verify", "--dataset", "kmnist", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kUsage, "fashion-mnist", {"data", "fetch", "--dataset", "digits"});
}

TEST_F(ProgramTest, FallsBackToDigitsUnmistakably) {
  const Words words = {"--epochs", "1", "--train-limit", "32", "--test-limit", "32", "--out", in_directory("out")};
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "This is not MNIST");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["data"]["name"], "digits");
  expect_contains(json["data"]["notice"], "This is not MNIST");
  expect_contains(read_text(directory_ / "out/steps.csv"), "# This is not MNIST");
  expect_error(ExitCode::kData, "127.0.0.1", {"--dataset", "mnist", "--epochs", "1"});
}

}  // namespace
}  // namespace gradrace
