package org.potluck.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts another Java process with the very Java, classes and flags that run this one. */
public final class SiblingJava {
  private static final String ARCHIVING = "-XX:+AutoCreateSharedArchive";
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";

  /** As the launcher names them; an archive is good for one set of modules only. */
  private static final String ARCHIVE_WITHOUT_VECTORS = "potluck-plain.jsa";

  private static final String ARCHIVE_WITH_VECTORS = "potluck.jsa";

  /** Said by every Java that has {@link #VECTORS}, on standard error, before {@code main}. */
  private static final String INCUBATOR_WARNING =
      "WARNING: Using incubator modules: jdk.incubator.vector";

  private SiblingJava() {}

  /** The command line that runs {@code main} with {@code arguments}. */
  public static List<String> command(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Class data is shared for reading only: siblings must not race to write the archive.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.equals(ARCHIVING))
        .filter(argument -> !argument.equals(VECTORS))
        .map(argument -> argument.replace(ARCHIVE_WITHOUT_VECTORS, ARCHIVE_WITH_VECTORS))
        .forEach(command::add);
    // This process may do without; a sibling computes.
    command.add(VECTORS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /**
   * The same for one that writes an archive of class data if this process does, so that later ones
   * start sooner.
   */
  public static List<String> archivingCommand(Class<?> main, List<String> arguments) {
    List<String> command = command(main, arguments);
    if (ManagementFactory.getRuntimeMXBean().getInputArguments().contains(ARCHIVING)) {
      command.add(1, ARCHIVING);
    }
    return command;
  }

  /**
   * Passes on what {@code process} writes to its standard error, line by line, without Java's word
   * about the vector module. It has to be piped.
   */
  public static void passOnErrors(Process process) {
    Thread _ =
        Thread.ofPlatform()
            .daemon()
            .name("errors-" + process.pid())
            .start(
                () -> {
                  try (BufferedReader errors = process.errorReader()) {
                    errors
                        .lines()
                        .filter(line -> !line.equals(INCUBATOR_WARNING))
                        .forEach(System.err::println);
                  } catch (IOException | UncheckedIOException e) {
                    // It was killed.
                  }
                });
  }
}
