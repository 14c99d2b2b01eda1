# Attach stox to Lync Server 2010, 2013 or Skype for Business Server.  For the
# Management Shell, as a member of CSAdministrator (RTCUniversalServerAdmins for
# -As Inside).  What it would do without doing it: -WhatIf.
#
#   .\add.ps1 -As Inside -Gateway gw.contoso.com -Domain example.org `
#       -Registrar pool01.contoso.com -Site 1
#   .\add.ps1 -As Server -Gateway gw.example.org -Domain example.org, example.net
#
# "stoxctl plan lync" prints the same commands for a configuration of stox.
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # Inside: a trusted application with static routes.  The others are outside,
    # at the Edge Server.  Server: allowed partner server (direct federation);
    # Domain: allowed partner domain, found by DNS (enhanced federation);
    # Discovered: on no list (open enhanced federation); HostingProvider,
    # PublicProvider: one entry for all domains behind stox.
    [Parameter(Mandatory = $true)]
    [ValidateSet("Inside", "Server", "Domain", "Discovered", "HostingProvider", "PublicProvider")]
    [string] $As,
    # The option host of stox: the name in its certificate.
    [Parameter(Mandatory = $true)]
    [string] $Gateway,
    # The domains that live on XMPP; not used with a provider or Discovered.
    [string[]] $Domain = @(),
    # Inside: the Front End pool, the id of its site, the port of stox.
    [string] $Registrar,
    [string] $Site,
    [int] $Port = 5061,
    # The policy of the users who may talk to stox.
    [string] $Policy = "Global"
)
$ErrorActionPreference = "Stop"

if ("Inside", "Server", "Domain" -contains $As -and $Domain.Count -eq 0) {
    throw "-As $As needs -Domain: the domains that live on XMPP."
}

function Add-Inside {
    if (-not $Registrar -or -not $Site) {
        throw "-As Inside needs -Registrar, the Front End pool, and -Site; Get-CsSite shows the ids."
    }
    # No Lync runs on the gateway, so that there is nothing to replicate to.
    New-CsTrustedApplicationPool -Identity $Gateway -Registrar $Registrar -Site $Site `
        -RequiresReplication $false -ThrottleAsServer $true -TreatAsAuthenticated $true
    New-CsTrustedApplication -ApplicationId stox -TrustedApplicationPoolFqdn $Gateway -Port $Port
    foreach ($name in $Domain) {
        $route = New-CsStaticRoute -TLSRoute -Destination $Gateway -Port $Port `
            -MatchUri $name -UseDefaultCertificate $true
        Set-CsStaticRoutingConfiguration -Identity global -Route @{Add = $route}
    }
    Enable-CsTopology
}

# stox carries no mark of an Edge Server, so its messages have to count as
# verifiable.  Lync 2010 and 2013 cannot be told so here.
$verifiable = (Get-Command New-CsAllowedDomain).Parameters.ContainsKey("VerificationLevel")

function Add-Server([string] $name) {
    if ($verifiable) {
        New-CsAllowedDomain -Identity $name -ProxyFqdn $Gateway -VerificationLevel AlwaysVerifiable `
            -Comment "XMPP, by stox"
    } else {
        New-CsAllowedDomain -Identity $name -ProxyFqdn $Gateway -Comment "XMPP, by stox"
    }
}

function Add-Outside {
    switch ($As) {
        "Server" {
            Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true
            foreach ($name in $Domain) { Add-Server $name }
        }
        "Domain" {
            Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true
            foreach ($name in $Domain) {
                New-CsAllowedDomain -Identity $name -Comment "XMPP, by stox"
            }
        }
        "Discovered" {
            Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true -UseDnsSrvRouting `
                -EnablePartnerDiscovery $true -DiscoveredPartnerVerificationLevel AlwaysVerifiable
        }
        "HostingProvider" {
            Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true
            New-CsHostingProvider -Identity stox -Enabled $true -ProxyFqdn $Gateway `
                -EnabledSharedAddressSpace $false -HostsOCSUsers $false -IsLocal $false `
                -VerificationLevel AlwaysVerifiable
        }
        "PublicProvider" {
            Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true
            New-CsPublicProvider -Identity stox -Enabled $true -ProxyFqdn $Gateway `
                -VerificationLevel AlwaysVerifiable
        }
    }
    if ($As -eq "PublicProvider") {
        Set-CsExternalAccessPolicy -Identity $Policy -EnableFederationAccess $true -EnablePublicCloudAccess $true
    } else {
        Set-CsExternalAccessPolicy -Identity $Policy -EnableFederationAccess $true
    }
}

# A host that is not directly below the domain is refused by Lync when it comes
# from an SRV record (ms-diagnostics 1009).
if ("Domain", "Discovered" -contains $As) {
    foreach ($name in $Domain) {
        if ($Gateway.Split(".", 2)[1] -ne $name) {
            Write-Warning "$Gateway is not directly below ${name}: use -As Server."
        }
    }
}
if ($As -eq "Inside") { Add-Inside } else { Add-Outside }
