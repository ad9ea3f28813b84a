/* The connection to the hospital's drug library. */
#include <stddef.h>

#include <mbedtls/ssl.h>

#include "tls_client.h"

int tls_client_setup(struct tls_client *client, const char *host)
{
    int status = mbedtls_ssl_config_defaults(&client->config, MBEDTLS_SSL_IS_CLIENT,
                                             MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);
    if (status != 0) {
        return status;
    }
    mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_ca_chain(&client->config, &client->hospital_ca, NULL);

    status = mbedtls_ssl_setup(&client->ssl, &client->config);
    if (status != 0) {
        return status;
    }
    return mbedtls_ssl_set_hostname(&client->ssl, host);
}
