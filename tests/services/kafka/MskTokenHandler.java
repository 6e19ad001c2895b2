import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Takes AWS MSK's tokens as a broker of MSK does, but for the signature: the token is a signed URL
 * for the action kafka-cluster:Connect. The access key AKIAREFUSED is turned away.
 */
public class MskTokenHandler implements AuthenticateCallbackHandler {
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

    public void close() {}

    public void handle(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback) validate((OAuthBearerValidatorCallback) callback);
            // The broker's own login, which no client sees.
            if (callback instanceof OAuthBearerTokenCallback) {
                ((OAuthBearerTokenCallback) callback).token(token("", "broker", Long.MAX_VALUE));
            }
        }
    }

    private void validate(OAuthBearerValidatorCallback callback) {
        String url = new String(Base64.getUrlDecoder().decode(callback.tokenValue()), StandardCharsets.UTF_8);
        URI uri = URI.create(url);
        Map<String, String> query = new HashMap<>();
        for (String part : uri.getQuery().split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], pair[1]);
        }
        String key = query.getOrDefault("X-Amz-Credential", "").split("/")[0];
        boolean good = "https".equals(uri.getScheme())
            && "kafka.us-east-1.amazonaws.com".equals(uri.getHost())
            && "kafka-cluster:Connect".equals(query.get("Action"))
            && query.getOrDefault("X-Amz-Signature", "").matches("[0-9a-f]{64}")
            && key.startsWith("AKIA") && !key.equals("AKIAREFUSED");
        if (!good) {
            callback.error("invalid_token", null, null);
            return;
        }
        long seconds = Long.parseLong(query.get("X-Amz-Expires"));
        callback.token(token(callback.tokenValue(), key, System.currentTimeMillis() + 1000 * seconds));
    }

    private static OAuthBearerToken token(String value, String principal, long lifetimeMs) {
        return new OAuthBearerToken() {
            public String value() { return value; }
            public Set<String> scope() { return Set.of(); }
            public long lifetimeMs() { return lifetimeMs; }
            public String principalName() { return principal; }
            public Long startTimeMs() { return null; }
        };
    }
}
