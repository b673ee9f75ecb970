package org.potluck.peer.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.RunFile;
import org.potluck.peer.run.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "init", description = "Write a commented run.yaml to start from.")
final class InitCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "run.yaml",
      description = "Where to write it (default: ${DEFAULT-VALUE}).")
  private Path file = Path.of("run.yaml");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException {
    if (Files.isDirectory(file)) {
      throw new UserException(ExitCode.INPUT, file + " is a folder; name a file in it");
    }
    try {
      Files.writeString(file, RunFile.example(), StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException e) {
      throw new UserException(
          ExitCode.INPUT, file + " is there already; name another file, or remove it first");
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE, "cannot write %s (%s)".formatted(file, Trouble.of(e)));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "Wrote %s. Look it over, then start the run:  %s start %s%n", file, Program.name(), file);
    return ExitCode.OK.status();
  }
}
