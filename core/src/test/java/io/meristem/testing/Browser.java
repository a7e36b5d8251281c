package io.meristem.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.SessionNotCreatedException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A Chromium or Chrome of this machine, without a window. Nothing is downloaded: where browser or driver is missing, the test is skipped and says so;
 * with {@code -Dmeristem.browser=required} it fails.
 */
public final class Browser implements AutoCloseable {

    private static final List<String> BROWSERS = List.of(
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
            "chrome",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");

    private static final List<String> DRIVERS = List.of("chromedriver", "/usr/lib/chromium-browser/chromedriver");

    /** Held, so that its level holds: it warns of browsers that are newer than itself. */
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    /** Surefire counts skipped tests, but tells on the console not why. */
    private static boolean said;

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Started, or the calling test is skipped. */
    public static Browser start() {
        File browser = find(BROWSERS).orElse(null);
        File executable = find(DRIVERS).orElse(null);
        if (browser == null || executable == null) {
            String lacking = browser == null ? "a Chromium or Chrome" : "a chromedriver for " + browser;
            return skip("this machine lacks " + lacking
                    + " on its PATH (Debian: apt-get install chromium chromium-driver)");
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(browser);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--window-size=1000,1200");
        SELENIUM.setLevel(Level.SEVERE);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(executable)
                .usingAnyFreePort()
                .build();
        try {
            return new Browser(new ChromeDriver(service, options));
        } catch (SessionNotCreatedException e) {
            return skip(browser + " and " + executable + " do not work together: "
                    + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    private static synchronized Browser skip(String reason) {
        if ("required".equals(System.getProperty("meristem.browser"))) {
            throw new AssertionError("no browser: " + reason);
        }
        String word = "SKIPPED, reports are not looked at in a browser: " + reason;
        if (!said) {
            said = true;
            System.err.println(word);
        }
        Assumptions.abort(word);
        throw new AssertionError("unreachable");
    }

    private static Optional<File> find(List<String> names) {
        List<String> places = Arrays.asList(System.getenv("PATH").split(File.pathSeparator));
        return names.stream()
                .flatMap(name -> name.startsWith("/")
                        ? java.util.stream.Stream.of(Path.of(name))
                        : places.stream().map(place -> Path.of(place, name)))
                .filter(Files::isExecutable)
                .map(Path::toFile)
                .findFirst();
    }

    public ChromeDriver open(Path page) {
        driver.get(page.toAbsolutePath().toUri().toString());
        return driver;
    }

    /** What the page has complained of since the last call. */
    public List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
