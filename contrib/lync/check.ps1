# Look at what Lync has for stox, and try the way there.  Changes nothing.
#
#   .\check.ps1 -Gateway gw.example.org -Domain example.org -Edge edge.contoso.local
param(
    # The option host of stox.
    [Parameter(Mandatory = $true)]
    [string] $Gateway,
    # The domains that live on XMPP.
    [Parameter(Mandatory = $true)]
    [string[]] $Domain,
    # The internal name of the Edge Server; without it the way is not tried.
    [string] $Edge,
    [int] $Port = 5061
)

"-- inside: the trusted application, and the routes that lead to it"
Get-CsTrustedApplicationPool | Where-Object { $_.PoolFqdn -eq $Gateway }
Get-CsTrustedApplication | Where-Object { $_.TrustedApplicationPoolFqdn -eq $Gateway }
Get-CsStaticRoutingConfiguration | Select-Object -ExpandProperty Route |
    Where-Object { $Domain -contains $_.MatchUri }

"-- outside: the switches, the lists, the policies"
Get-CsAccessEdgeConfiguration
Get-CsAllowedDomain | Where-Object { $_.ProxyFqdn -eq $Gateway -or $Domain -contains $_.Identity }
Get-CsBlockedDomain | Where-Object { $Domain -contains $_.Identity }
Get-CsHostingProvider | Where-Object { $_.ProxyFqdn -eq $Gateway }
Get-CsPublicProvider | Where-Object { $_.ProxyFqdn -eq $Gateway }
Get-CsExternalAccessPolicy

"-- DNS: what Lync finds for each domain; the target has to be directly below it"
foreach ($name in $Domain) {
    nslookup -type=SRV "_sipfederationtls._tcp.$name"
}

"-- the port"
$client = New-Object System.Net.Sockets.TcpClient
try {
    $client.Connect($Gateway, $Port)
    "${Gateway}:$Port is open"
} catch {
    "${Gateway}:$Port cannot be reached: $($_.Exception.Message)"
} finally {
    $client.Close()
}

# An OPTIONS request through the Edge Server.  A failure names an id of
# ms-diagnostics; doc/lync.md of stox says what to do.
if ($Edge) {
    foreach ($name in $Domain) {
        Test-CsFederatedPartner -TargetFqdn $Edge -Domain $name -ProxyFqdn $Gateway
    }
}
