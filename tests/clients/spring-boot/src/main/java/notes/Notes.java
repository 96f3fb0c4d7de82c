package notes;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A web app with Spring Boot and Spring Security. */
@SpringBootApplication
@RestController
public class Notes {
    public static void main(String[] arguments) {
        SpringApplication.run(Notes.class, arguments);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        var signOutAtLimen = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signOutAtLimen.setPostLogoutRedirectUri("{baseUrl}");
        return http.authorizeHttpRequests(requests -> requests
                        .requestMatchers("/").permitAll()
                        .anyRequest().authenticated())
                .oauth2Login(Customizer.withDefaults())
                .logout(logout -> logout.logoutSuccessHandler(signOutAtLimen))
                .build();
    }

    @GetMapping("/")
    String home() {
        return "\"nobody\"";
    }

    @GetMapping("/profile")
    Map<String, Object> profile(@AuthenticationPrincipal OidcUser user) {
        return Map.of("id_token", user.getIdToken().getClaims(), "userinfo", user.getUserInfo().getClaims());
    }

    /** Gets an access token that has not expired: Spring refreshes where it must. */
    @GetMapping("/token")
    Map<String, Object> token(@RegisteredOAuth2AuthorizedClient("limen") OAuth2AuthorizedClient client) {
        return Map.of("token", client.getAccessToken().getTokenValue());
    }
}
