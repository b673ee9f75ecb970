package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.ManifestException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code potluck} with all that it can do. */
@Command(
    name = "potluck",
    description = "Pretrain one model together; everyone brings what they have.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = PotluckCommand.Version.class,
    subcommands = {
      DemoCommand.class,
      InitCommand.class,
      StartCommand.class,
      JoinCommand.class,
      WatchCommand.class,
      SimulateCommand.class,
      BenchCommand.class
    },
    footerHeading = "%nExit status:%n",
    footer = {
      "  0  all went well",
      "  1  an error in Potluck itself",
      "  2  the command line makes no sense",
      "  3  something on this machine is in the way: a port, the disk, permissions",
      "  4  a manifest, an invitation or data cannot be used",
      "  5  no peer of the run could be reached",
      "  6  the run ended, but not as it should have"
    })
public final class PotluckCommand implements Runnable {
  /** The values of an option, as Java has them. */
  private static final Pattern CONSTANTS = Pattern.compile("\\[[A-Z_, ]+\\]");

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  /** Runs {@code arguments} and ends the process with the exit status. */
  public static void executeAndExit(String... arguments) {
    Interrupt.exit(execute(arguments));
  }

  /** Runs {@code arguments} and returns the exit status; errors are one line on standard error. */
  public static int execute(String... arguments) {
    CommandLine commandLine = new CommandLine(new PotluckCommand());
    commandLine.setCommandName(Program.name());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(PotluckCommand::misused);
    commandLine.setExecutionExceptionHandler(
        (exception, command, parsed) -> failed(exception, command.getErr()));
    return commandLine.execute(asked(arguments));
  }

  /** People type {@code help}, before a command or alone. */
  private static String[] asked(String[] arguments) {
    if (arguments.length == 0 || !arguments[0].equals("help")) {
      return arguments;
    }
    return arguments.length == 1 ? new String[] {"--help"} : new String[] {arguments[1], "--help"};
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int misused(ParameterException exception, String[] arguments) {
    PrintWriter err = exception.getCommandLine().getErr();
    String command = exception.getCommandLine().getCommandSpec().qualifiedName();
    err.printf("potluck: %s; see '%s --help'%n", words(exception), command);
    return ExitCode.USAGE.status();
  }

  /** The parser's messages speak of places and Java's types. */
  private static String words(ParameterException exception) {
    if (exception instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && exception.getCommandLine().getParent() == null) {
      return "there is no command '" + unmatched.getUnmatched().getFirst() + "'";
    }
    String message = String.valueOf(exception.getMessage());
    return CONSTANTS
        .matcher(message)
        .replaceFirst(names -> names.group().toLowerCase(Locale.ROOT))
        .replaceFirst("^Unmatched arguments? \\w+ index \\d+: ", "too many arguments: ")
        .replaceFirst("positional parameter at index \\d+ \\((\\w+)\\)", "$1")
        .replaceFirst(" \\(case-insensitive\\)", "")
        .replaceFirst(" is not an? (int|long)$", " is not a whole number");
  }

  private static int failed(Exception exception, PrintWriter err) {
    return switch (exception) {
      case UserException user -> say(err, user.getMessage(), user.exitCode());
      case ManifestException manifest -> say(err, manifest.getMessage(), ExitCode.INPUT);
      default -> {
        LoggerFactory.getLogger(PotluckCommand.class).error("an error in Potluck", exception);
        yield say(err, "an error in Potluck itself: " + exception, ExitCode.INTERNAL);
      }
    };
  }

  private static int say(PrintWriter err, @Nullable String message, ExitCode exitCode) {
    err.println("potluck: " + message);
    return exitCode.status();
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = PotluckCommand.class.getPackage().getImplementationVersion();
      return new String[] {"potluck " + (version == null ? "(unpackaged)" : version)};
    }
  }
}
